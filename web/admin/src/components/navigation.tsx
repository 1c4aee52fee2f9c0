import { Group } from "@mantine/core";
import { Link, useLocation } from "react-router";

import classes from "./navigation.module.css";

const PLACES = [
  { to: "/", label: "Tenants", below: /^\/($|tenants\/)/ },
  { to: "/plans", label: "Plans", below: /^\/plans$/ },
];

/** The pages to begin at. The one below which somebody is, is marked. */
export function Navigation() {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Main">
      <Group gap={4} wrap="nowrap">
        {PLACES.map(({ to, label, below }) => (
          <Link
            key={to}
            to={to}
            className={classes.link}
            aria-current={pathname === to ? "page" : below.test(pathname)}
            data-testid={`go-${label.toLowerCase()}`}
          >
            {label}
          </Link>
        ))}
      </Group>
    </nav>
  );
}
