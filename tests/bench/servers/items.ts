// The items of a page of the work `json-response`, for the servers in TypeScript.

/** An item of a list. */
export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly tags: readonly string[];
  readonly stock: boolean;
}

/** Makes the items of a page. */
export function itemsOf(page: number): Item[] {
  return Array.from({ length: 12 }, (_, i) => ({
    id: page * 100 + i,
    name: `Item number ${i}`,
    price: 5 + i,
    tags: ["new", "sale"],
    stock: true,
  }));
}
