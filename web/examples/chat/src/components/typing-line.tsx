import type { Person, Present } from "../model/people";
import "./typing-line.css";

/** Who else is writing. Its line is kept free, so that nothing moves when somebody begins. */
export function TypingLine({ people, me }: { people: readonly Present[]; me: Person }) {
  const names = people.filter(({ id, typing }) => typing && id !== me.id).map(({ name }) => name);
  return (
    <p className="typing-line" data-testid="typing">
      {told(names)}
    </p>
  );
}

function told([first, second, ...others]: readonly string[]): string {
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  return others.length === 0 ? `${first} and ${second} are typing…` : "Several people are typing…";
}
