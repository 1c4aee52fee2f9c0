import { colorOf } from "../model/people";
import type { Present } from "../model/people";
import { Avatar } from "./avatar";
import "./presence-list.css";

const SHOWN = 5;

/** Who has the room open now. */
export function PresenceList({ people }: { people: readonly Present[] }) {
  const others = people.slice(SHOWN);
  return (
    <ul className="presence" data-testid="presence" aria-label="Here now">
      {people.slice(0, SHOWN).map(({ id, name }) => (
        <li key={id} data-testid="presence-member" data-name={name}>
          <Avatar name={name} color={colorOf(id)} />
        </li>
      ))}
      {others.length > 0 && <li title={others.map(({ name }) => name).join(", ")}>+{others.length}</li>}
    </ul>
  );
}
