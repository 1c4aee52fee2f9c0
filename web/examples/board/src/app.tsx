import { AuthPage } from "./components/auth-page";
import { BoardPage } from "./components/board-page";
import { useSession } from "./hooks/use-session";

export function App() {
  const session = useSession();
  switch (session.phase) {
    case "loading":
      return <p className="page-message">Opening the board…</p>;
    case "failed":
      return (
        <div className="page-message" role="alert">
          <p>{session.message}</p>
          <button type="button" className="button primary" onClick={session.retry}>
            Try again
          </button>
        </div>
      );
    case "signed-out":
      return <AuthPage told={session.told} />;
    case "signed-in":
      // Another person gets a board of their own, without anything left over from the one before.
      return <BoardPage key={session.user.id} user={session.user} />;
  }
}
