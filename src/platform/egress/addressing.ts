/**
 * Addresses inside the functions' networks. They never appear outside these networks. The egress proxy identifies a
 * function by its address. Pure.
 *
 *     198.18.0.1             fd4f:c0ff:e2e9::1        the name server, in the proxy's namespace
 *     198.18.1.1 and up      fd4f:c0ff:e2e9::1:1 …    aliases of the machine's loopback addresses that the operator allows
 *     198.18.16.0 and up     fd4f:c0ff:e2e9::2:0 …    one for each function
 */
import { isIP } from "node:net";
import type { AllowedAddress } from "./allow-net.ts";

const BASE_V4 = 198 * 2 ** 24 + 18 * 2 ** 16;
/** The size of 198.18.0.0/15 from the first function's address on. */
const FUNCTIONS_MAX = 2 ** 17 - 16 * 256;
const PREFIX_V6 = "fd4f:c0ff:e2e9::";

export const NAME_SERVER = { v4: "198.18.0.1", v6: `${PREFIX_V6}1` } as const;

/** The IPv4 address of a function, and its IPv6 address if the system supports IPv6. */
export type Addresses = readonly [v4: string, v6: string | null];

function v4(offset: number): string {
	const value = BASE_V4 + offset;
	return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 255).join(".");
}

/**
 * The addresses of a process.
 * @param index the number of the process; the addresses repeat after about 127,000 processes
 */
export function functionAddresses(index: number, hasV6: boolean): Addresses {
	const number = index % FUNCTIONS_MAX;
	const [high, low] = [2 + Math.floor(number / 2 ** 16), number % 2 ** 16];
	const v6 = `${PREFIX_V6}${high.toString(16)}:${low.toString(16)}`;
	return [v4(16 * 256 + number), hasV6 ? new URL(`http://[${v6}]/`).hostname.slice(1, -1) : null];
}

/** A loopback address of the machine that the operator allows, and its alias in the functions' networks. */
export interface LoopbackAlias {
	readonly loopback: string;
	readonly address: string;
	readonly ports: ReadonlySet<number> | undefined;
}

const isLoopback = (address: string) => address === "::1" || /^127\./.test(address);

/**
 * The aliases of the allowed loopback addresses. A function has its own loopback interface, so it needs another address
 * to reach the machine's.
 */
export function loopbackAliases(allowed: readonly AllowedAddress[]): LoopbackAlias[] {
	return allowed
		.filter(({ address }) => isLoopback(address))
		.map(({ address, ports }, index) => ({
			loopback: address,
			address: isIP(address) === 6 ? `${PREFIX_V6}1:${(index + 1).toString(16)}` : v4(256 + index + 1),
			ports,
		}));
}
