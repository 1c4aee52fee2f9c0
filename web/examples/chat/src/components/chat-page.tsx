import { useEffect, useMemo, useState } from "react";

import { backpack } from "../backpack";
import { useConversations } from "../hooks/use-conversations";
import { useNotice } from "../hooks/use-notice";
import { addressOf, useOpenAddress } from "../hooks/use-open-address";
import { useRooms } from "../hooks/use-rooms";
import { useUnread } from "../hooks/use-unread";
import type { Person } from "../model/people";
import { NoRoom } from "./no-room";
import { RoomDialog } from "./room-dialog";
import { RoomView } from "./room-view";
import { Sidebar } from "./sidebar";
import { Toast } from "./toast";
import "./chat-page.css";

/** On a phone the list is a page of its own, so there no room opens by itself. */
const PHONE = "(max-width: 48rem)";

export function ChatPage({ id, name }: Person) {
  const me = useMemo(() => ({ id, name }), [id, name]);
  const { notice, dismiss, attempt } = useNotice();
  const { rooms, ready, problem, items, retry } = useRooms();
  const conversationIn = useConversations(me);
  const address = useOpenAddress();
  const [making, setMaking] = useState(false);
  const room = items.find((each) => addressOf(each.id) === address);
  const unread = useUnread(me.id, room?.id);
  const first = items[0]?.id;

  useEffect(() => {
    if (address !== "" || first === undefined || window.matchMedia(PHONE).matches) return;
    window.location.replace(addressOf(first));
  }, [address, first]);

  useEffect(() => {
    document.title = `${unread.size > 0 ? `(${unread.size}) ` : ""}${room?.title ?? "Chat"}`;
    return () => {
      document.title = "Chat";
    };
  }, [unread.size, room?.title]);

  return (
    <div className="chat-page" data-open={address !== ""}>
      <Sidebar
        me={me}
        rooms={items}
        ready={ready}
        problem={problem}
        open={room?.id}
        unread={unread}
        onRetry={retry}
        onNewRoom={() => setMaking(true)}
        onSignOut={() => void attempt("Signing out failed.", backpack.auth.logout())}
      />
      <main className="chat-main">
        {room ? (
          <RoomView key={room.id} room={room} me={me} conversation={conversationIn(room.id)} attempt={attempt} />
        ) : (
          <NoRoom ready={ready} address={address} empty={items.length === 0} onNewRoom={() => setMaking(true)} />
        )}
      </main>
      {making && (
        <RoomDialog
          onMake={async (wanted) => {
            const made = await rooms.add(wanted);
            window.location.hash = addressOf(made.id);
          }}
          onClose={() => setMaking(false)}
        />
      )}
      <Toast notice={notice} onDismiss={dismiss} />
    </div>
  );
}
