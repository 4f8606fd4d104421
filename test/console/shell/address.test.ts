import { expect, test } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../../src/console/shell/address.ts";

test("each page has an address that names it, whatever the names contain", () => {
	const pages: Address[] = [
		{ page: "start" },
		{ page: "platform" },
		{ page: "map", app: "shop" },
		{ page: "matrix", app: "shop", name: "function:pay" },
		{ page: "functions", app: "shop", name: "orders/new" },
		{ page: "functions", app: "shop", name: "a%2F?#é\u202E <b>" },
		{ page: "history", app: "shop" },
	];
	expect(pages.map((page) => parseAddress(formatAddress(page)))).toEqual(pages);
});

test("an address that names no page leads to the first one", () => {
	for (const hash of [
		"",
		"#",
		"#/",
		"#/nowhere",
		"#/apps",
		"#/apps/shop/nothing",
		"#/apps/%ZZ/map",
		"#code=abc",
	])
		expect(parseAddress(hash)).toEqual({ page: "start" });
	expect(parseAddress("#/apps/shop")).toEqual({ page: "map", app: "shop" });
});
