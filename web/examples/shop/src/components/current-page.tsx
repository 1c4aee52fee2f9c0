import { useShop } from "../hooks/use-shop";
import { useLocation } from "../lib/router";
import { AdminPage } from "./admin/admin-page";
import { AuthPage } from "./auth-page";
import { CartPage } from "./cart-page";
import { CataloguePage } from "./catalogue-page";
import { CheckoutPage } from "./checkout-page";
import { MissingPage } from "./missing-page";
import { OrdersPage } from "./orders-page";
import { ProductPage } from "./product-page";

/** Each address and its page. Where an account is needed, the page asks for one in its own place. */
export function CurrentPage() {
  const [name = "", detail = ""] = useLocation().pathname.split("/").slice(1);
  switch (name) {
    case "":
      return <CataloguePage />;
    case "product":
      return <ProductPage key={detail} id={detail} />;
    case "cart":
      return <CartPage />;
    case "checkout":
    case "orders":
    case "admin":
      return <AccountPage name={name} detail={detail} />;
    default:
      return <MissingPage what="There is no such page" />;
  }
}

const LEADS = {
  checkout: "One step to your order. Your cart stays as it is.",
  orders: "Your orders, and a cart that goes where you go.",
  admin: "The back office is for those who work here.",
};

function AccountPage({ name, detail }: { name: keyof typeof LEADS; detail: string }) {
  const { user } = useShop();
  if (user === null) return <AuthPage lead={LEADS[name]} />;
  if (name === "checkout") return <CheckoutPage user={user} />;
  return name === "orders" ? <OrdersPage user={user} /> : <AdminPage user={user} section={detail} />;
}
