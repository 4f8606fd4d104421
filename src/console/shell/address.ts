/** The part of the address behind `#`, which names a page. Pure. */

export const APP_PAGES = ["map", "matrix", "functions", "secrets", "history"] as const;
export type AppPage = (typeof APP_PAGES)[number];

export type Address =
	/** The first page: of the session's first app. */
	| { readonly page: "start" }
	| { readonly page: "platform" }
	/** `name`: one function, one secret, or what the map shows chosen. */
	| { readonly page: AppPage; readonly app: string; readonly name?: string };

function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

/** The page that an address names. What names none leads to the first page. */
export function parseAddress(hash: string): Address {
	const [root = "", app, page, name] = hash
		.replace(/^#?\/?/, "")
		.split("/")
		.map(decoded);
	if (root === "platform") return { page: "platform" };
	const known = APP_PAGES.find((each) => each === (page ?? "map"));
	if (root !== "apps" || !app || known === undefined) return { page: "start" };
	return name ? { page: known, app, name } : { page: known, app };
}

/** The address of a page, with `#`. */
export function formatAddress(address: Address): string {
	if (address.page === "start") return "#/";
	if (address.page === "platform") return "#/platform";
	const parts = ["apps", address.app, address.page, ...(address.name === undefined ? [] : [address.name])];
	return `#/${parts.map(encodeURIComponent).join("/")}`;
}
