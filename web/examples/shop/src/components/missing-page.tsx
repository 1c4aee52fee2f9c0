import { useTitle } from "../hooks/use-title";
import { Link } from "./link";

export function MissingPage({ what }: { what: string }) {
  useTitle(what);
  return (
    <div className="page-message">
      <h1>{what}</h1>
      <Link href="/" className="button primary">
        To the shop
      </Link>
    </div>
  );
}
