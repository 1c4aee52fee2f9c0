import { AuthPage } from "./components/auth-page";
import { ChatPage } from "./components/chat-page";
import { NamePage } from "./components/name-page";
import { useSession } from "./hooks/use-session";
import { personOf } from "./model/people";

export function App() {
  const session = useSession();
  switch (session.phase) {
    case "loading":
      return <p className="page-message">Opening the chat…</p>;
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
    case "signed-in": {
      const me = personOf(session.user);
      if (me === null) return <NamePage />;
      // Another person, or another name, gets a chat without anything left over from the one before.
      return <ChatPage key={`${me.id} ${me.name}`} id={me.id} name={me.name} />;
    }
  }
}
