import type { Document } from "backpack-sdk";

export const CATEGORIES = [
  { id: "kitchen", name: "Kitchen" },
  { id: "desk", name: "Desk" },
  { id: "garden", name: "Garden" },
  { id: "play", name: "Play" },
] as const;

export type CategoryId = (typeof CATEGORIES)[number]["id"];

export interface Product {
  title: string;
  text: string;
  /** In cents. */
  price: number;
  category: CategoryId;
  stock: number;
  emoji: string;
  /** The name of a colour in product-art.css. */
  color: "sand" | "sage" | "sky" | "rose" | "plum" | "clay";
}

export type ProductDocument = Document<Product>;

export const FEW = 5;

export function availability({ stock }: Product): string {
  if (stock === 0) return "Sold out";
  return stock <= FEW ? `Only ${stock} left` : "In stock";
}
