import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

// First, so that what a component says of itself counts.
import "./base.css";
import "./controls.css";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
