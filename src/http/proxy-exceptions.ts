/** Which hosts are reached without a proxy: the syntax of `NO_PROXY`. Pure. */
import { BlockList, isIP } from "node:net";

/** The addresses of this machine. A proxy's `localhost` would be another machine. */
const OWN = new BlockList();
OWN.addSubnet("127.0.0.0", 8, "ipv4");
OWN.addAddress("::1", "ipv6");

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function isThisMachine(host: string): boolean {
	if (isIP(host) === 0) return host === "localhost" || host.endsWith(".localhost");
	return OWN.check(host, familyOf(host));
}

/** `10.0.0.0/8` → the address and the length of its prefix; undefined if it is no network. */
function networkOf(text: string): [address: string, length: number] | undefined {
	const [, address = "", digits = ""] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
	const family = isIP(address);
	const length = Number(digits);
	return family !== 0 && length <= (family === 6 ? 128 : 32) ? [address, length] : undefined;
}

/** An exception without its port, and the port; undefined for every port. */
function split(exception: string): [host: string, port: string | undefined] {
	const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(exception);
	if (bracketed !== null) return [bracketed[1] ?? "", bracketed[2]];
	if (isIP(exception) !== 0) return [exception, undefined];
	const [, host = exception, port] = /^(.*):(\d+)$/.exec(exception) ?? [];
	return [host, port];
}

function coversAddress(exception: string, host: string): boolean {
	const list = new BlockList();
	const network = networkOf(exception);
	if (network !== undefined) list.addSubnet(...network, familyOf(network[0]));
	else if (isIP(exception) !== 0) list.addAddress(exception, familyOf(exception));
	return list.check(host, familyOf(host));
}

function covers(exception: string, host: string, port: string): boolean {
	if (exception === "*") return true;
	const [name, only] = split(exception);
	if (only !== undefined && only !== port) return false;
	if (isIP(host) !== 0) return coversAddress(name, host);
	const domain = name.replace(/^\*?\./, "").replace(/\.$/, "");
	return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/**
 * Whether a request needs no proxy: because its host is this machine, or because an exception covers it. An exception is
 * a name, which stands for its subdomains as well (`shop.example`, `.shop.example` and `*.shop.example` are the same), an
 * address, a network (`10.0.0.0/8`), or `*`. A port may follow a name or an address. Programs do not agree on this syntax;
 * these are the rules of curl, with ports as in Go.
 * @param url with the scheme `https:`
 * @param exceptions separated by commas or white space
 */
export function isExempt(url: URL, exceptions: string): boolean {
	const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
	if (isThisMachine(host)) return true;
	const port = url.port === "" ? "443" : url.port;
	return exceptions
		.toLowerCase()
		.split(/[\s,]+/)
		.some((exception) => exception !== "" && covers(exception, host, port));
}
