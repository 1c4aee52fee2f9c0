import { initials } from "../model/people";
import type { Color } from "../model/people";
import "./avatar.css";

/** Initials on the person's colour. The name itself stands in the title and for screen readers. */
export function Avatar({ name, color, small = false }: { name: string; color: Color; small?: boolean }) {
  return (
    <span className={small ? "avatar small" : "avatar"} data-color={color} role="img" aria-label={name} title={name}>
      {initials(name)}
    </span>
  );
}
