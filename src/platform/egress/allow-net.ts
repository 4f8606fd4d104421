/** The operator's exceptions: addresses that functions may reach besides the public internet. Pure. */
import { isIP } from "node:net";
import { AppError, EXIT } from "../../errors.ts";

export const PORT_MAX = 65_535;

/** An address that functions may reach. */
export interface AllowedAddress {
	/** A literal IP address, without brackets. */
	readonly address: string;
	/** Undefined means every port. */
	readonly ports: ReadonlySet<number> | undefined;
}

/** The error for an invalid exception. @param why the rest of a sentence that begins with the exception */
export function allowNetInvalid(entry: string, why: string): AppError {
	return new AppError({
		code: "ALLOW_NET_INVALID",
		message: `The network exception "${entry}" ${why}.`,
		hint: "Write ADDRESS or ADDRESS:PORT with a literal IP address, such as 10.0.0.5:5432 or [::1]:5432.",
		exit: EXIT.usage,
	});
}

function parseEntry(entry: string): { address: string; port: number | undefined } {
	const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
	const host = bracketed ?? plain ?? "";
	const address = host === "localhost" ? "127.0.0.1" : host;
	if (isIP(address) === 0) throw allowNetInvalid(entry, "has no literal IP address");
	const port = portText === undefined ? undefined : Number(portText);
	if (port !== undefined && (port < 1 || port > PORT_MAX)) throw allowNetInvalid(entry, "has no valid port");
	return { address, port };
}

/**
 * Parses the exceptions. Several exceptions for one address become one.
 * @param entries `ADDRESS` or `ADDRESS:PORT`
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export function parseAllowNet(entries: readonly string[]): AllowedAddress[] {
	const allowed = new Map<string, { address: string; ports: Set<number> | undefined }>();
	for (const entry of entries) {
		const { address, port } = parseEntry(entry);
		const known = allowed.get(address) ?? { address, ports: new Set<number>() };
		allowed.set(address, known);
		if (port === undefined) known.ports = undefined;
		else known.ports?.add(port);
	}
	return [...allowed.values()];
}
