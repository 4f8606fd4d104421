/** Binds a listener to an address, and names that address. */
import { AppError, EXIT } from "../../errors.ts";

/** The address of a listener. */
interface Address {
	readonly host: string;
	readonly port: number;
}

/** `http://HOST:PORT`. An IPv6 host is in brackets. */
export function httpUrl({ host, port }: Address, scheme: "http" | "https" = "http"): string {
	return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Runs a function that binds an address, and explains its errors.
 * @throws AppError `ADDRESS_UNAVAILABLE` (exit 6) with the address, where it is in use or does not belong to
 * this machine
 */
export async function bindAddress<T>(what: string, address: Address, listen: () => Promise<T>): Promise<T> {
	try {
		return await listen();
	} catch (cause) {
		const reasons = new Map([
			["EADDRINUSE", "it is in use"],
			["EADDRNOTAVAIL", "the address does not belong to this machine"],
			["EACCES", "this user may not bind it"],
			["ENOTFOUND", "the host does not exist"],
		]);
		const { code = "" } = cause as NodeJS.ErrnoException;
		const reason = reasons.get(code);
		if (reason === undefined) throw cause;
		throw new AppError({
			code: "ADDRESS_UNAVAILABLE",
			message: `The ${what} cannot listen on ${address.host}:${address.port}: ${reason}.`,
			hint: "Stop the program that uses it, or choose another address. Port 0 picks a free port.",
			exit: EXIT.network,
			cause,
		});
	}
}
