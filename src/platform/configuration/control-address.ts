/** Where the control API listens, and the URL under which the other nodes of a platform reach it. */
import { isIP } from "node:net";
import { AppError, EXIT } from "../../errors.ts";

const OWN_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
/** The hosts on which plain HTTP is safe. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);
const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** @throws AppError `CONTROL_WITHOUT_TLS` (exit 2) if others could read the tokens of requests. @param isCovered whether there is TLS */
export function checkControl(address: { readonly host: string }, isCovered: boolean): void {
	if (LOOPBACK.has(address.host) || isCovered) return;
	throw new AppError({
		code: "CONTROL_WITHOUT_TLS",
		message: `The control API would listen on ${address.host} with plain HTTP, where others on the network could read its tokens.`,
		hint: "Give a certificate (--tls-cert, --tls-key), listen on 127.0.0.1, or put a TLS proxy in front of it and pass --behind-tls-proxy.",
		exit: EXIT.usage,
	});
}

/** @throws AppError `ADVERTISE_INVALID` (exit 2) if the flag's text is not the origin of a URL */
export function parseAdvertise(text: string | undefined): string | undefined {
	if (text === undefined) return undefined;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
	if (isOrigin) return url.origin;
	throw new AppError({
		code: "ADVERTISE_INVALID",
		message: "--advertise takes a URL of scheme, host and port, such as https://10.0.0.1:8081.",
		hint: "Give the URL under which the other nodes reach the control API of this node. Port 0 stands for the port of --control.",
		exit: EXIT.usage,
	});
}

/** The host of an advertised URL. */
export function advertisedHost(advertise: string | undefined): string[] {
	return advertise === undefined ? [] : [new URL(advertise).hostname];
}

/**
 * The URL for other nodes. Without the flag, it is the address that the control API listens on, unless that is an
 * address of this machine alone, or stands for all addresses.
 * @param advertise the flag's URL
 * @param control the URL of the control API, with its actual port
 */
export function advertisedUrl(advertise: string | undefined, control: string): string | undefined {
	const own = new URL(control);
	if (advertise !== undefined) {
		const url = new URL(advertise);
		if (url.port === "0") url.port = own.port;
		return url.origin;
	}
	const host = own.hostname.replace(/^\[|\]$/g, "");
	if (OWN_MACHINE.test(host) || (isIP(host) !== 0 && UNSPECIFIED.has(host))) return undefined;
	return own.origin;
}
