/**
 * The platform's configuration, and its only code that reads the process environment. Credentials are kept
 * apart, so that the configuration can be logged.
 */
import { availableParallelism, homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { TlsFiles } from "./certificate.ts";
import { advertisedHost, checkControl, parseAdvertise } from "./control-address.ts";
import { isOfDataPlane } from "./data-plane-variables.ts";
import { importHosts } from "./import-hosts.ts";
import { limitsOf, type PlatformLimits } from "./limits.ts";
import { passedThrough } from "./passed-through.ts";
import { isS3Url, type S3Variables } from "./s3-url.ts";
import { type StoreAccess, type StoreFlags, type StoreVariables, storeAccessOf } from "./store-access.ts";
import { gatewayTlsOf, type TlsPathFlags, tlsOf } from "./tls-flags.ts";

/** The address to which a listener binds. */
export interface Address {
	readonly host: string;
	/** 0 picks a free one. */
	readonly port: number;
}

/** The settings of the process that runs functions and the gateways. */
export interface DataPlaneConfig {
	/** The number of gateway processes. */
	readonly gateways: number;
	/** The address of the gateways. */
	readonly listen: Address;
}

/** The settings of a platform's core, without those of the listeners. */
export interface CoreConfig {
	readonly version: string;
	/** Absolute. */
	readonly dataDirectory: string;
	readonly storeUrl: string;
	readonly storeAccess: StoreAccess;
	/** The folder for builds, including the cache of packages. All platforms of one user share it. */
	readonly buildDirectory: string;
	/** Absolute paths that no build may read. */
	readonly hidden: readonly string[];
	/** The hosts that functions may reach besides the public internet. */
	readonly allowNet: readonly string[];
	readonly limits: PlatformLimits;
	/** The certificates and keys of the gateway, as absolute paths. None: plain HTTP. */
	readonly gatewayTls: readonly TlsFiles[];
	/** The process that runs functions and the gateways. Undefined: the platform's own process does both. */
	readonly dataPlane?: DataPlaneConfig | undefined;
	/** `COFFER_DENO` and `PATH`. */
	readonly deno: { readonly explicit: string | undefined; readonly searchPath: string | undefined };
	/** The variables that builds get from the process environment. */
	readonly passthrough: Readonly<Record<string, string>>;
	/** The hosts from which functions may import `https:` modules, as `importHosts` returns them. */
	readonly importHosts: readonly string[];
}

export interface PlatformConfig extends CoreConfig {
	readonly listen: Address;
	readonly control: Address;
	/** The certificate and key of the control API, as absolute paths. Undefined: plain HTTP. */
	readonly tls: TlsFiles | undefined;
	/** Further host names under which the control API is reached. */
	readonly hostNames: readonly string[];
	/** Whether the control API also serves the web console. */
	readonly console?: boolean | undefined;
	/** The URL of the control API for other nodes, if it was given. */
	readonly advertise?: string | undefined;
	/** How long a platform that stops still serves, while `/readyz` says that it does not. */
	readonly drainDelayMs?: number | undefined;
	/** `--identity-file`. */
	readonly identityFile: string | undefined;
}

/** The variables that name the platform's identity and its store's password. They are read when these are opened. */
export interface PlatformCredentials extends StoreVariables {
	readonly COFFER_PLATFORM_IDENTITY: string | undefined;
	readonly COFFER_PLATFORM_IDENTITY_FILE: string | undefined;
}

/** The flags of `coffer platform start`. */
export interface PlatformFlags extends StoreFlags, TlsPathFlags {
	readonly version: string;
	readonly data?: string | undefined;
	readonly listen: string;
	readonly control: string;
	readonly identityFile?: string | undefined;
	readonly allowNet: readonly string[];
	readonly hostNames: readonly string[];
	/** The defaults if left out. */
	readonly limits?: PlatformLimits | undefined;
	readonly behindTlsProxy: boolean;
	/** Whether to serve the web console. */
	readonly console?: boolean | undefined;
	/** In seconds. */
	readonly drainDelay?: number | undefined;
	/** The number of gateway processes. 0, the default: the platform's own process serves requests. */
	readonly gateways?: number | undefined;
}

/**
 * The number of gateway processes by default: one for each two processors. None on Windows, where they were not tried.
 */
export function defaultGateways(processors = availableParallelism(), system = process.platform): number {
	return system === "win32" ? 0 : Math.max(1, Math.floor(processors / 2));
}

type Variables = Readonly<Record<string, string | undefined>>;

function usage(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** The text of a variable. An empty variable counts as not set. */
function text(variables: Variables, name: string): string | undefined {
	return variables[name] === "" ? undefined : variables[name];
}

/** An XDG base directory. A relative path is ignored, as the XDG specification says. */
function baseDirectory(variables: Variables, name: string, fallback: readonly string[]): string {
	const configured = text(variables, name);
	if (configured !== undefined && isAbsolute(configured)) return configured;
	return join(text(variables, "HOME") ?? homedir(), ...fallback);
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

/** The data directory: the flag's, or the default of the user. Absolute. */
export function dataDirectoryOf(flag: string | undefined, variables: Variables = process.env): string {
	const dataHome = baseDirectory(variables, "XDG_DATA_HOME", [".local", "share"]);
	return resolve(flag ?? join(dataHome, "coffer", "platform"));
}

/**
 * The configuration of a platform's core.
 * @param own absolute paths that no build may read, besides the data directory
 * @throws AppError `IMPORT_HOSTS_INVALID` (exit 2), and the errors of `storeAccessOf`
 */
export function readCoreConfig(
	{
		allowNet,
		data,
		gatewayTls = [],
		limits,
		own = [],
		version,
		...flags
	}: Pick<PlatformFlags, "allowNet" | "limits" | "version"> &
		StoreFlags & {
			/** The data directory. Absolute. */
			readonly data: string;
			readonly own?: readonly string[];
			readonly gatewayTls?: readonly TlsFiles[];
		},
	variables: Variables = process.env,
): CoreConfig {
	const cacheHome = baseDirectory(variables, "XDG_CACHE_HOME", [".cache"]);
	const access = storeAccessOf(flags);
	const ownOfStore = [access.key, access.blobs].flatMap((path) =>
		path === undefined || isS3Url(path) ? [] : [path],
	);
	return {
		version,
		dataDirectory: data,
		storeUrl: flags.store ?? `sqlite:${data}`,
		storeAccess: access,
		buildDirectory: join(cacheHome, "coffer", "build"),
		hidden: [data, ...own, ...ownOfStore],
		allowNet,
		gatewayTls,
		limits: limits ?? limitsOf(),
		deno: { explicit: text(variables, "COFFER_DENO"), searchPath: text(variables, "PATH") },
		passthrough: passedThrough(variables),
		importHosts: importHosts({ JSR_URL: variables.JSR_URL, names: variables.COFFER_IMPORT_HOSTS }),
	};
}

/**
 * The configuration of a platform.
 * @throws AppError `ADDRESS_INVALID`, `ADVERTISE_INVALID`, `CONTROL_WITHOUT_TLS`, `IMPORT_HOSTS_INVALID`, `TLS_PAIR_INCOMPLETE`, `STORE_*` (exit 2)
 */
export function readPlatformConfig(flags: PlatformFlags, variables: Variables = process.env): PlatformConfig {
	const control = parseAddress("--control", flags.control);
	const tls = tlsOf(flags);
	checkControl(control, flags.behindTlsProxy || tls !== undefined);
	const gatewayTls = gatewayTlsOf(flags);
	const secretFiles = [
		flags.identityFile,
		text(variables, "COFFER_PLATFORM_IDENTITY_FILE"),
		text(variables, "COFFER_STORE_PASSWORD_FILE"),
		flags.tlsKey,
		...gatewayTls.map(({ key }) => key),
	];
	const own = secretFiles.flatMap((file) => (file === undefined ? [] : [resolve(file)]));
	const data = dataDirectoryOf(flags.data, variables);
	const listen = parseAddress("--listen", flags.listen);
	const { gateways = 0 } = flags;
	const advertise = parseAdvertise(flags.advertise);
	return {
		...readCoreConfig({ ...flags, data, gatewayTls, own }, variables),
		...(gateways > 0 && { dataPlane: { gateways, listen } }),
		listen,
		control,
		tls,
		hostNames: [...flags.hostNames, ...advertisedHost(advertise)],
		advertise,
		console: flags.console ?? true,
		drainDelayMs: (flags.drainDelay ?? 0) * 1000,
		identityFile: flags.identityFile,
	};
}

/** The variables of the platform that the data plane and its gateways get. */
export function dataPlaneVariables(variables: Variables = process.env): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(variables).filter(([name]) => isOfDataPlane(name)));
}

/** The variables for a bucket of `--blobs`. */
export function readS3Variables(variables: Variables = process.env): S3Variables {
	return Object.fromEntries(
		Object.keys(variables).flatMap((name) => {
			const value = text(variables, name);
			return name.startsWith("AWS_") && value !== undefined ? [[name, value]] : [];
		}),
	);
}

/** The credentials in the process environment. */
export function readPlatformCredentials(variables: Variables = process.env): PlatformCredentials {
	return {
		COFFER_PLATFORM_IDENTITY: text(variables, "COFFER_PLATFORM_IDENTITY"),
		COFFER_PLATFORM_IDENTITY_FILE: text(variables, "COFFER_PLATFORM_IDENTITY_FILE"),
		COFFER_STORE_PASSWORD: text(variables, "COFFER_STORE_PASSWORD"),
		COFFER_STORE_PASSWORD_FILE: text(variables, "COFFER_STORE_PASSWORD_FILE"),
		COFFER_FROM_STORE_PASSWORD: text(variables, "COFFER_FROM_STORE_PASSWORD"),
		COFFER_FROM_STORE_PASSWORD_FILE: text(variables, "COFFER_FROM_STORE_PASSWORD_FILE"),
	};
}
