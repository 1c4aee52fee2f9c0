import { ShopFrame } from "./components/shop-frame";
import { useSession } from "./hooks/use-session";

export function App() {
  const session = useSession();
  switch (session.phase) {
    case "loading":
      return <p className="page-message">Opening the shop…</p>;
    case "failed":
      return (
        <div className="page-message" role="alert">
          <p>{session.message}</p>
          <button type="button" className="button primary" onClick={session.retry}>
            Try again
          </button>
        </div>
      );
    case "known":
      // Another person gets a shop of their own, without anything left over from the one before.
      return <ShopFrame key={session.user?.id ?? "nobody"} user={session.user} told={session.told} />;
  }
}
