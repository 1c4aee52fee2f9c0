import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

import classes from "./theme.module.css";

const pine: MantineColorsTuple = [
  "#eff8f4",
  "#dcefe7",
  "#b5dccb",
  "#8bc9ae",
  "#63b794",
  "#439f7b",
  "#2c8262",
  "#1f6b52",
  "#185642",
  "#103f30",
];

/** Mantine's red, but darker from 6 on: white on it, and it on white, reach the contrast of WCAG AA. */
const red: MantineColorsTuple = [
  "#fff5f5",
  "#ffe3e3",
  "#ffc9c9",
  "#ffa8a8",
  "#ff8787",
  "#f56565",
  "#d63333",
  "#c42525",
  "#a81d1d",
  "#861616",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 7 },
  colors: { pine, red },
  black: "#16211d",
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.625rem" }, h2: { fontSize: "1.125rem" } } },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // Every field of our forms is required; a mark on each would say nothing.
    InputWrapper: { defaultProps: { withAsterisk: false } },
    Modal: {
      defaultProps: { centered: true, padding: "lg", closeButtonProps: { "aria-label": "Close" } },
      styles: { title: { fontSize: "var(--mantine-font-size-lg)", fontWeight: 650, overflowWrap: "anywhere" } },
      classNames: { content: classes.dialog },
    },
    Notification: {
      defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } },
      styles: { description: { color: "var(--mantine-color-dimmed)" } },
    },
    Paper: { defaultProps: { withBorder: true, p: "lg" } },
  },
});

/** Mantine's muted and light colours miss the contrast of WCAG AA on our backgrounds; these reach it. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a6660",
    "--mantine-color-placeholder": "#6b7671",
    "--mantine-color-error": "var(--mantine-color-red-7)",
    "--mantine-color-red-light": "var(--mantine-color-red-0)",
    "--mantine-color-red-light-hover": "var(--mantine-color-red-1)",
    "--mantine-color-red-light-color": "var(--mantine-color-red-8)",
    "--mantine-color-yellow-light": "var(--mantine-color-yellow-0)",
    "--mantine-color-yellow-light-color": "#7a4b00",
    "--backpack-canvas": "#f6f8f7",
    "--backpack-track": "var(--mantine-color-gray-2)",
    "--backpack-fine": "var(--mantine-color-pine-6)",
    "--backpack-near": "#c77700",
    "--backpack-near-pale": "#f3c98b",
    "--backpack-bad": "var(--mantine-color-red-6)",
  },
  dark: {
    "--mantine-color-dimmed": "#a6adaa",
    "--mantine-color-placeholder": "#979e9b",
    "--mantine-color-error": "var(--mantine-color-red-4)",
    "--mantine-color-red-light": "rgb(245 101 101 / 12%)",
    "--mantine-color-red-light-hover": "rgb(245 101 101 / 18%)",
    "--mantine-color-red-light-color": "var(--mantine-color-red-2)",
    "--mantine-color-pine-light": "rgb(67 159 123 / 14%)",
    "--mantine-color-pine-light-color": "var(--mantine-color-pine-2)",
    "--backpack-canvas": "#191b1a",
    "--backpack-track": "var(--mantine-color-dark-4)",
    "--backpack-fine": "var(--mantine-color-pine-5)",
    "--backpack-near": "#f0a92e",
    "--backpack-near-pale": "#8a5a0c",
    "--backpack-bad": "var(--mantine-color-red-5)",
  },
});
