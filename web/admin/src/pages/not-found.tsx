import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";

import { Page } from "../components/page";

export default function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <Text>
        The link may be old. Go on to{" "}
        <Anchor component={Link} to="/" underline="always">
          all tenants
        </Anchor>
        .
      </Text>
    </Page>
  );
}
