/** Addresses of the platform's listeners. Pure. */
import { AppError, EXIT } from "../../errors.ts";

/** The address to which a listener binds. */
export interface Address {
	readonly host: string;
	/** 0 picks a free one. */
	readonly port: number;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** Parses `HOST:PORT`. An IPv6 host is in brackets. @throws AppError `ADDRESS_INVALID` (exit 2) */
export function parseAddress(flag: string, value: string): Address {
	const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(value);
	const host = match?.[1] ?? match?.[2];
	const port = Number(match?.[3]);
	if (host !== undefined && port <= 65_535) return { host, port };
	throw usage(
		"ADDRESS_INVALID",
		`${flag} takes HOST:PORT, such as 127.0.0.1:8080.`,
		"Port 0 picks a free port. Write an IPv6 host in brackets.",
	);
}

/**
 * Checks the address of the control API.
 * @param isCovered whether TLS protects it
 * @throws AppError `CONTROL_WITHOUT_TLS` (exit 2)
 */
export function checkControl(address: Address, isCovered: boolean): void {
	if (LOOPBACK.has(address.host) || isCovered) return;
	throw usage(
		"CONTROL_WITHOUT_TLS",
		`The control API would listen on ${address.host} with plain HTTP, where others on the network could read its tokens.`,
		"Give a certificate (--tls-cert, --tls-key), listen on 127.0.0.1, or put a TLS proxy in front of it and pass --behind-tls-proxy.",
	);
}
