/** A data plane of a test, with a runtime that is reached through it. */
import { join } from "node:path";
import { DataPlane } from "../../../src/platform/data-plane/client/data-plane.ts";
import { RemoteRuntime } from "../../../src/platform/data-plane/client/remote-runtime.ts";
import { Faults } from "../../../src/platform/faults/error-boundary.ts";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import type { DenoRuntimeOptions } from "../../../src/platform/runtime/deno-options.ts";
import type { Runtime } from "../../../src/platform/runtime/runtime.ts";

/** As `openRemoteRuntime`, with a gateway that knows no function. */
export async function openRemoteRuntimeWithGateway(options: DenoRuntimeOptions): Promise<Runtime> {
	const plane = await openDataPlane(options);
	await plane.listen(() => []);
	return await RemoteRuntime.open(plane);
}

/** Opens the driver of the runtime whose processes belong to a data plane. The data plane ends with it. */
export async function openRemoteRuntime(options: DenoRuntimeOptions): Promise<Runtime> {
	return await RemoteRuntime.open(await openDataPlane(options));
}

async function openDataPlane(options: DenoRuntimeOptions): Promise<DataPlane> {
	const { binary, directory, egressProgram, hostPath, onLine, startTimeoutMs } = options;
	return await DataPlane.open({
		directory: join(directory, "data"),
		program: builtPath("data-plane.cjs"),
		environment: process.env,
		configuration: {
			version: "0.0.0-test",
			runtime: {
				...{ binary, directory, egressProgram, hostPath },
				...(startTimeoutMs !== undefined && { startTimeoutMs }),
				...{
					allowNet: [],
					heapMiB: 512,
					memoryMiB: 1_024,
					responseTimeoutMs: 150_000,
					scheme: "http",
					spares: 0,
				},
			},
			kv: { directory: join(directory, "kv"), maxBytes: 1024 * 1024, program: builtPath("kv.cjs") },
			gateway: {
				...{ program: builtPath("gateway.cjs"), count: 1, host: "127.0.0.1", port: 0, tls: [] },
				...{ responseTimeoutMs: 150_000, maxBodyBytes: 1024 * 1024 },
			},
		},
		events: {
			ensure: async () => undefined,
			lines: (lines) => {
				for (const { app, lifetime, line, name } of lines) onLine?.(app, lifetime, line, name);
			},
			report: () => {},
			refused: () => {},
		},
		log: NO_LOG,
		faults: new Faults(NO_LOG),
	});
}
