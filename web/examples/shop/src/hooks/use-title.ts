import { useEffect } from "react";

/** What the browser's tab and history call this page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Corner Shop`;
  }, [title]);
}
