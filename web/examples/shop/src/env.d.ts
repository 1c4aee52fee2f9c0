interface ImportMetaEnv {
  /** The backend's origin, when it is not the one that serves this page. */
  readonly VITE_BACKPACK_URL?: string;
}
