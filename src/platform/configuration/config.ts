/**
 * The platform's one reader of the process's environment, and its typed configuration. Credentials are kept apart,
 * so that a configuration can be logged without a thought.
 */
import { homedir, totalmem } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { TlsFiles } from "./certificate.ts";

/** Where a listener binds. */
export interface Address {
	readonly host: string;
	/** 0 picks a free one. */
	readonly port: number;
}

/** The most that a `function.jsonc` may ask for. */
export interface Maxima {
	readonly memoryMB: number;
	readonly timeoutSeconds: number;
	readonly maxBodyMB: number;
}

export const DEFAULT_MAXIMA: Maxima = { memoryMB: 2048, timeoutSeconds: 900, maxBodyMB: 1024 };

export interface PlatformConfig {
	readonly version: string;
	/** Absolute. */
	readonly dataDirectory: string;
	readonly storeUrl: string;
	/** For builds alone, with the cache of packages; platforms of one user share it. */
	readonly buildDirectory: string;
	readonly listen: Address;
	readonly control: Address;
	/** Files with which the control API speaks TLS, absolute; undefined: plain HTTP. */
	readonly tls: TlsFiles | undefined;
	/** Host names by which the control API is reached, besides its own. */
	readonly hostNames: readonly string[];
	/** `--identity-file`. */
	readonly identityFile: string | undefined;
	/** Absolute paths that no build may read. */
	readonly hidden: readonly string[];
	/** What functions may reach besides the public internet. */
	readonly allowNet: readonly string[];
	/** What a `function.jsonc` may ask for at most. */
	readonly maxima: Maxima;
	/** How many functions may run at once. */
	readonly processesMax: number;
	/** How many processes wait ready-made for functions. */
	readonly spares: number;
	/** `COFFER_DENO` and `PATH`. */
	readonly deno: { readonly explicit: string | undefined; readonly searchPath: string | undefined };
	/** What builds get of the environment. */
	readonly passthrough: Readonly<Record<string, string>>;
}

/** Where the platform's identity may come from; read where it is used. */
export interface PlatformCredentials {
	readonly COFFER_PLATFORM_IDENTITY: string | undefined;
	readonly COFFER_PLATFORM_IDENTITY_FILE: string | undefined;
}

/** What `coffer platform start` was given. */
export interface PlatformFlags {
	readonly version: string;
	readonly data?: string | undefined;
	readonly store?: string | undefined;
	readonly listen: string;
	readonly control: string;
	readonly identityFile?: string | undefined;
	readonly allowNet: readonly string[];
	readonly hostNames: readonly string[];
	readonly maxima?: Partial<Maxima> | undefined;
	readonly processesMax?: number | undefined;
	readonly spares?: number | undefined;
	readonly behindTlsProxy: boolean;
	readonly tlsCert?: string | undefined;
	readonly tlsKey?: string | undefined;
}

/** One for what changes, and one for what changes with it; each takes some 50 MiB. */
const DEFAULT_SPARES = 2;

/** As many functions as the machine's memory has room for, where each takes what one with some packages in it does. */
export function defaultProcessesMax(memoryBytes: number): number {
	return Math.max(8, Math.floor(memoryBytes / (128 * 1024 * 1024)));
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Certificates, proxies and registries: what a build needs to download packages here. */
export const PASSED_THROUGH = [
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"DENO_CERT",
	"DENO_TLS_CA_STORE",
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
	"http_proxy",
	"https_proxy",
	"no_proxy",
	"NPM_CONFIG_REGISTRY",
	"JSR_URL",
];
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** A variable's text; an empty one counts as not set. */
function text(variables: Variables, name: string): string | undefined {
	return variables[name] === "" ? undefined : variables[name];
}

/** An XDG base directory; as the specification says, a relative path is ignored. */
function baseDirectory(variables: Variables, name: string, fallback: readonly string[]): string {
	const configured = text(variables, name);
	if (configured !== undefined && isAbsolute(configured)) return configured;
	return join(text(variables, "HOME") ?? homedir(), ...fallback);
}

/** `HOST:PORT`, with an IPv6 host in brackets. @throws AppError `ADDRESS_INVALID` (exit 2) */
export function parseAddress(flag: string, value: string): Address {
	const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(value);
	const host = match?.[1] ?? match?.[2];
	const port = Number(match?.[3]);
	if (host !== undefined && port <= 65_535) return { host, port };
	throw usage(
		"ADDRESS_INVALID",
		`${flag} takes HOST:PORT, such as 127.0.0.1:8080.`,
		"Port 0 picks a free one; an IPv6 host stands in brackets.",
	);
}

/** @throws AppError `TLS_PAIR_INCOMPLETE` (exit 2) */
function tlsOf({ tlsCert, tlsKey }: PlatformFlags): TlsFiles | undefined {
	if (tlsCert !== undefined && tlsKey !== undefined) return { cert: resolve(tlsCert), key: resolve(tlsKey) };
	if (tlsCert === undefined && tlsKey === undefined) return undefined;
	throw usage(
		"TLS_PAIR_INCOMPLETE",
		`--tls-${tlsCert === undefined ? "cert" : "key"} is missing: a certificate and its key are given together.`,
		"Give both files, or neither.",
	);
}

function checkControl(address: Address, isCovered: boolean): void {
	if (LOOPBACK.has(address.host) || isCovered) return;
	throw usage(
		"CONTROL_WITHOUT_TLS",
		`The control API speaks plain HTTP and would listen on ${address.host}, where others could read its tokens.`,
		"Give a certificate (--tls-cert, --tls-key), bind it to 127.0.0.1, or put a proxy that speaks TLS before it and say so with --behind-tls-proxy.",
	);
}

/** Where a platform keeps what it keeps: as the flag says, or the user's own place; absolute. */
export function dataDirectoryOf(flag: string | undefined, variables: Variables = process.env): string {
	const dataHome = baseDirectory(variables, "XDG_DATA_HOME", [".local", "share"]);
	return resolve(flag ?? join(dataHome, "coffer", "platform"));
}

/**
 * The configuration of a platform.
 * @throws AppError `ADDRESS_INVALID`, `CONTROL_WITHOUT_TLS`, `TLS_PAIR_INCOMPLETE` (exit 2)
 */
export function readPlatformConfig(flags: PlatformFlags, variables: Variables = process.env): PlatformConfig {
	const dataDirectory = dataDirectoryOf(flags.data, variables);
	const cacheHome = baseDirectory(variables, "XDG_CACHE_HOME", [".cache"]);
	const control = parseAddress("--control", flags.control);
	const tls = tlsOf(flags);
	checkControl(control, flags.behindTlsProxy || tls !== undefined);
	const passed = PASSED_THROUGH.flatMap((name) => {
		const value = text(variables, name);
		return value === undefined ? [] : [[name, value] as const];
	});
	const secretFiles = [flags.identityFile, text(variables, "COFFER_PLATFORM_IDENTITY_FILE"), flags.tlsKey];
	return {
		version: flags.version,
		dataDirectory,
		storeUrl: flags.store ?? `sqlite:${dataDirectory}`,
		buildDirectory: join(cacheHome, "coffer", "build"),
		listen: parseAddress("--listen", flags.listen),
		control,
		tls,
		hostNames: flags.hostNames,
		identityFile: flags.identityFile,
		hidden: [dataDirectory, ...secretFiles.flatMap((file) => (file === undefined ? [] : [resolve(file)]))],
		allowNet: flags.allowNet,
		maxima: { ...DEFAULT_MAXIMA, ...flags.maxima },
		processesMax: flags.processesMax ?? defaultProcessesMax(totalmem()),
		spares: flags.spares ?? DEFAULT_SPARES,
		deno: { explicit: text(variables, "COFFER_DENO"), searchPath: text(variables, "PATH") },
		// Deno looks at the system's certificates, and at SSL_CERT_FILE, only where it is told to.
		passthrough: { DENO_TLS_CA_STORE: "system,mozilla", ...Object.fromEntries(passed) },
	};
}

/** The credentials that the environment holds. */
export function readPlatformCredentials(variables: Variables = process.env): PlatformCredentials {
	return {
		COFFER_PLATFORM_IDENTITY: text(variables, "COFFER_PLATFORM_IDENTITY"),
		COFFER_PLATFORM_IDENTITY_FILE: text(variables, "COFFER_PLATFORM_IDENTITY_FILE"),
	};
}
