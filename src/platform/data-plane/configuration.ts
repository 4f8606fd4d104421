/** What a data plane is started with. It has no secrets. */
import { createHash } from "node:crypto";
import type { TlsFiles } from "../configuration/certificate.ts";
import type { DenoRuntimeOptions } from "../runtime/deno-options.ts";

/** The options of the runtime that are plain data. */
export type RuntimeConfiguration = Pick<
	DenoRuntimeOptions,
	"binary" | "directory" | "hostPath" | "egressProgram" | "startTimeoutMs"
> & {
	readonly allowNet: readonly string[];
	readonly heapMiB: number;
	readonly memoryMiB: number;
	readonly responseTimeoutMs: number;
	readonly scheme: "http" | "https";
	readonly spares: number;
};

export interface GatewayConfiguration {
	/** The path of the gateway's program. */
	readonly program: string;
	/** The number of gateway processes. */
	readonly count: number;
	readonly host: string;
	/** 0 picks a free one. */
	readonly port: number;
	/** The certificates and keys, as absolute paths. None: plain HTTP. The gateways read them, and read them again. */
	readonly tls: readonly TlsFiles[];
	readonly responseTimeoutMs: number;
	readonly maxBodyBytes: number;
}

export interface DataPlaneConfiguration {
	/** The version of Coffer. */
	readonly version: string;
	/** The path of the socket on which the data plane listens. */
	readonly socketPath: string;
	readonly runtime: RuntimeConfiguration;
	readonly kv: {
		readonly directory: string;
		readonly maxBytes: number;
		readonly program: string;
		readonly isRefused?: boolean;
	};
	readonly gateway: GatewayConfiguration;
}

/** The file with the process id of a data plane. */
export function pidFile(socketPath: string): string {
	return `${socketPath}.pid`;
}

/**
 * The hash of a configuration, without what may differ between a data plane and the control plane that takes it over:
 * the version of Coffer, the socket, and the port, which may be a free one.
 */
export function configurationHash({
	gateway: { port: _, ...gateway },
	kv,
	runtime,
}: Omit<DataPlaneConfiguration, "socketPath">): string {
	return createHash("sha256").update(JSON.stringify({ gateway, kv, runtime })).digest("hex");
}
