/** Where the reader is, and links to other pages. */
import type { ComponentChildren } from "preact";
import { Store } from "../data/store.ts";
import { type Address, formatAddress, parseAddress } from "./address.ts";

export const address = new Store<Address>(parseAddress(location.hash));
addEventListener("hashchange", () => address.set(parseAddress(location.hash)));

/** Goes to a page, as a link would. */
export function go(to: Address): void {
	location.hash = formatAddress(to);
}

/** Writes an address that is not a page of its own, such as a choice on the map, without a step to go back to. */
export function replaceAddress(to: Address): void {
	history.replaceState(null, "", formatAddress(to));
	address.set(to);
}

interface LinkProps {
	readonly to: Address;
	readonly class?: string;
	readonly isCurrent?: boolean;
	readonly children: ComponentChildren;
}

export function Link({ to, children, isCurrent, ...rest }: LinkProps) {
	return (
		<a {...rest} href={formatAddress(to)} {...(isCurrent && { "aria-current": "page" })}>
			{children}
		</a>
	);
}
