/** The URL of a store, `sqlite:DIRECTORY` or `etcd://HOST:PORT,…/PREFIX`. */
import { AppError, EXIT } from "../../errors.ts";

export type StoreUrl =
	| { readonly kind: "sqlite"; readonly directory: string }
	| {
			readonly kind: "etcd";
			readonly endpoints: readonly { readonly host: string; readonly port: number }[];
			/** Begins and ends with a slash. */
			readonly prefix: string;
	  };

const ETCD_PORT = 2379;
const DEFAULT_PREFIX = "/coffer/";

function invalid(message: string): AppError {
	const hint =
		"Write sqlite:DIRECTORY, such as sqlite:/var/lib/coffer, or etcd://HOST:PORT,HOST:PORT,HOST:PORT/PREFIX.";
	return new AppError({ code: "STORE_URL_INVALID", message, hint, exit: EXIT.usage });
}

/** Accepts `./data`, `/var/lib/coffer` and `///var/lib/coffer`. Rejects a URL with a host. */
function directoryOf(rest: string): string {
	const directory = rest.startsWith("///") ? rest.slice(2) : rest;
	if (directory.startsWith("//"))
		throw invalid("The store's URL contains a host, but a sqlite store is a directory on this machine.");
	if (directory === "") throw invalid("The store's URL contains no directory.");
	return directory;
}

function endpointOf(text: string): { host: string; port: number } {
	const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
	const host = match?.[1] ?? match?.[2];
	const port = match?.[3] === undefined ? ETCD_PORT : Number(match[3]);
	if (host === undefined || port < 1 || port > 65_535)
		throw invalid("The store's URL contains a member of etcd that is not HOST or HOST:PORT.");
	return { host, port };
}

function etcdOf(rest: string): StoreUrl {
	if (rest.includes("@")) {
		throw new AppError({
			code: "STORE_URL_INVALID",
			message: "The store's URL contains a user or a password, which other users of this machine could see.",
			hint: "Give the user with --store-user, and the password in COFFER_STORE_PASSWORD_FILE or COFFER_STORE_PASSWORD.",
			exit: EXIT.usage,
		});
	}
	const [, members = "", path = ""] = /^\/\/([^/]*)(\/.*)?$/.exec(rest) ?? [];
	if (members === "") throw invalid("The store's URL contains no member of etcd.");
	const prefix = `${path.replace(/\/$/, "")}/`;
	if (!/^(\/[A-Za-z0-9._~-]+)*\/$/.test(prefix))
		throw invalid(
			"The prefix in the store's URL may contain letters, digits, and . _ ~ - between single slashes.",
		);
	return {
		kind: "etcd",
		endpoints: members.split(",").map(endpointOf),
		prefix: prefix === "/" ? DEFAULT_PREFIX : prefix,
	};
}

/**
 * Reads the URL of a store.
 * @throws AppError `STORE_URL_INVALID` (exit 2). The message never contains the URL, which may contain a password.
 */
export function parseStoreUrl(url: string): StoreUrl {
	const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
	switch (scheme.toLowerCase()) {
		case "":
			throw invalid("The store's URL has no scheme.");
		case "sqlite":
			return { kind: "sqlite", directory: directoryOf(rest) };
		case "etcd":
			return etcdOf(rest);
		default:
			throw invalid(`The store type "${scheme.slice(0, 32)}:" does not exist.`);
	}
}
