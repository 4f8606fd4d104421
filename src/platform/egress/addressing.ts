/**
 * Addresses inside the functions' networks. None of them is ever seen outside: they name, to the egress proxy, who
 * connects. Pure.
 *
 *     198.18.0.1             fd4f:c0ff:e2e9::1        the name server, in the proxy's namespace
 *     198.18.1.1 and up      fd4f:c0ff:e2e9::1:1 …    stand for loopback addresses of the machine that the operator opened
 *     198.18.16.0 and up     fd4f:c0ff:e2e9::2:0 …    functions, one each
 */
import { isIP } from "node:net";
import type { AllowedAddress } from "./allow-net.ts";

const BASE_V4 = 198 * 2 ** 24 + 18 * 2 ** 16;
/** All of 198.18.0.0/15 from the first function's address on. */
const FUNCTIONS_MAX = 2 ** 17 - 16 * 256;
const PREFIX_V6 = "fd4f:c0ff:e2e9::";

export const NAME_SERVER = { v4: "198.18.0.1", v6: `${PREFIX_V6}1` } as const;

/** The IPv4 and, where the system has it, the IPv6 address of a function. */
export type Addresses = readonly [v4: string, v6: string | null];

function v4(offset: number): string {
	const value = BASE_V4 + offset;
	return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 255).join(".");
}

/** @param index counts processes up; it begins anew after some 127,000 */
export function functionAddresses(index: number, hasV6: boolean): Addresses {
	const number = index % FUNCTIONS_MAX;
	const [high, low] = [2 + Math.floor(number / 2 ** 16), number % 2 ** 16];
	const v6 = `${PREFIX_V6}${high.toString(16)}:${low.toString(16)}`;
	return [v4(16 * 256 + number), hasV6 ? new URL(`http://[${v6}]/`).hostname.slice(1, -1) : null];
}

/** An opened loopback address, and the one that stands for it in the functions' networks. */
export interface LoopbackAlias {
	readonly loopback: string;
	readonly address: string;
	readonly ports: ReadonlySet<number> | undefined;
}

const isLoopback = (address: string) => address === "::1" || /^127\./.test(address);

/** A function's own loopback is not the machine's, so what is opened of that has another address in there. */
export function loopbackAliases(allowed: readonly AllowedAddress[]): LoopbackAlias[] {
	return allowed
		.filter(({ address }) => isLoopback(address))
		.map(({ address, ports }, index) => ({
			loopback: address,
			address: isIP(address) === 6 ? `${PREFIX_V6}1:${(index + 1).toString(16)}` : v4(256 + index + 1),
			ports,
		}));
}
