/**
 * Finds hosts that neither accept nor refuse a connection. Deno would wait minutes for each of their modules. Hosts
 * that refuse connections, or that have no address, are not reported: Deno fails at once for them, and may have their
 * modules in its cache.
 */
import { connect } from "node:net";

/** The time limit for a connection, in milliseconds. */
const PATIENCE_MS = 5_000;
const HTTPS_PORT = 443;

export interface SilentHosts {
	/** The silent host of a specifier's module; undefined if the host is not silent. */
	of(specifier: string): string | undefined;
}

/**
 * Tries to connect to each host once, to all at the same time.
 * @param environment if it names a proxy, every host is reached through the proxy, and no host is tested
 */
export async function silentHosts(
	specifiers: readonly string[],
	environment: Readonly<Record<string, string>>,
): Promise<SilentHosts> {
	const hosts = new Set(specifiers.flatMap((specifier) => hostOf(specifier, environment) ?? []));
	const hasProxy = Object.keys(environment).some((name) => /^(https|all)_proxy$/i.test(name));
	const silent = new Set<string>();
	if (!hasProxy) {
		const trials = [...hosts].map(async (host) => {
			if (await isSilent(host)) silent.add(host);
		});
		await Promise.all(trials);
	}
	return {
		of: (specifier) => {
			const host = hostOf(specifier, environment);
			return host !== undefined && silent.has(host) ? host : undefined;
		},
	};
}

/** The host of a specifier's module, according to the registry settings in the environment. */
export function hostOf(specifier: string, environment: Readonly<Record<string, string>>): string | undefined {
	const registry = { "npm:": environment.NPM_CONFIG_REGISTRY, "jsr:": environment.JSR_URL };
	const address = specifier.startsWith("npm:")
		? (registry["npm:"] ?? "https://registry.npmjs.org")
		: specifier.startsWith("jsr:")
			? (registry["jsr:"] ?? "https://jsr.io")
			: specifier;
	if (!URL.canParse(address)) return undefined;
	const { host, port, protocol } = new URL(address);
	return protocol === "http:" && port === "" ? `${host}:80` : host;
}

function isSilent(host: string): Promise<boolean> {
	const { hostname, port } = new URL(`https://${host}`);
	return new Promise((resolve) => {
		const socket = connect({ host: hostname, port: Number(port) || HTTPS_PORT });
		const done = (silent: boolean) => {
			socket.destroy();
			resolve(silent);
		};
		socket.setTimeout(PATIENCE_MS, () => done(true));
		socket.once("connect", () => done(false));
		socket.once("error", () => done(false));
	});
}
