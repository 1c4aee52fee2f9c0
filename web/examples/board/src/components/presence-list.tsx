import { usePresence } from "../hooks/use-presence";
import type { Person } from "../model/people";
import { Avatar } from "./avatar";

export function PresenceList({ me }: { me: Person }) {
  const people = usePresence(me);
  return (
    <ul className="presence" data-testid="presence" aria-label="Here now">
      {people.map(({ id, name, color }) => (
        <li key={id} data-testid="presence-member" data-name={name}>
          <Avatar name={name} color={color} />
        </li>
      ))}
    </ul>
  );
}
