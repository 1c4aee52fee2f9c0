import { Store, useStore } from "./store";

const here = () => new URL(window.location.href);
const place = new Store(here());

window.addEventListener("popstate", () => place.update(here));

/** Where the person is, live. */
export function useLocation(): URL {
  return useStore(place);
}

/** Go to another page of the shop, as a link would: from its top, with the focus on what is new. */
export function navigate(to: string): void {
  window.history.pushState(null, "", to);
  place.update(here);
  window.scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Say in the address what is shown now, without leaving the page. */
export function rename(to: string): void {
  window.history.replaceState(null, "", to);
  place.update(here);
}
