/** The hosts from which functions may import `https:` modules. Pure. */
import { AppError, EXIT } from "../../errors.ts";

/** The hosts from which Deno itself imports `https:` modules without being asked (`deno run --help=full`). */
export const DEFAULT_HOSTS: readonly string[] = [
	"deno.land",
	"jsr.io",
	"esm.sh",
	"raw.esm.sh",
	"cdn.jsdelivr.net",
	"raw.githubusercontent.com",
	"gist.githubusercontent.com",
];

/** The settings that add hosts. */
export interface ImportHostSettings {
	/** The registry in place of jsr.io, as Deno reads it. */
	readonly JSR_URL?: string | undefined;
	/** `COFFER_IMPORT_HOSTS`: names with commas or spaces between them. */
	readonly names?: string | undefined;
}

/**
 * Deno's own hosts, those that the operator names, and the registry in place of jsr.io. Deno loads the modules of JSR
 * packages as it loads other remote modules, so that the registry must be among the hosts.
 * @returns each as `HOST`, or `HOST:PORT` if the port is not 443
 * @throws AppError `IMPORT_HOSTS_INVALID` (exit 2) for a name that is neither
 */
export function importHosts({ JSR_URL = "", names = "" }: ImportHostSettings): string[] {
	const added = names
		.split(/[,\s]+/)
		.filter((name) => name !== "")
		.map(hostNamed);
	return [...new Set([...DEFAULT_HOSTS, ...added, ...registryHost(JSR_URL)])];
}

function hostNamed(name: string): string {
	const url = URL.canParse(`https://${name}`) ? new URL(`https://${name}`) : undefined;
	const isHost = url !== undefined && url.href === `https://${url.host}/` && !/[*/]/.test(name);
	if (isHost) return url.host;
	throw new AppError({
		code: "IMPORT_HOSTS_INVALID",
		message: `COFFER_IMPORT_HOSTS contains ${JSON.stringify(name.slice(0, 100))}, which is no host name.`,
		hint: "Write host names with commas between them, each with a port if it is not 443: cdn.skypack.dev,modules.example.com:8443. Wildcards are not supported.",
		exit: EXIT.usage,
	});
}

function registryHost(address: string): string[] {
	if (!URL.canParse(address)) return [];
	const { host, port, protocol } = new URL(address);
	return [protocol === "http:" && port === "" ? `${host}:80` : host];
}
