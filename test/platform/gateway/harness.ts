/**
 * A gateway in front of real functions: real sockets, real Deno.
 */
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { createGateway, type Gateway } from "../../../src/platform/gateway/gateway.ts";
import type { GatewayOptions } from "../../../src/platform/gateway/options.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { launch, openRuntime } from "../runtime/harness.ts";

export interface Stage {
	readonly gateway: Gateway;
	readonly port: number;
	/** The instance that serves each function of the app `shop`. */
	readonly current: Map<string, Instance>;
	start(name: string, code: string, environment?: Record<string, string>): Promise<Instance>;
	close(): Promise<void>;
}

export async function openStage(options: Partial<GatewayOptions> = {}): Promise<Stage> {
	const harness = await openRuntime();
	const current = new Map<string, Instance>();
	const gateway = createGateway({
		functions: (app) => (app === "shop" ? new Set(current.keys()) : undefined),
		instance: (_, name) => current.get(name),
		...options,
	});
	const { port } = await gateway.listen(0, "127.0.0.1");
	const start = async (name: string, code: string, environment: Record<string, string> = {}) => {
		const instance = await harness.runtime.start(launch(code, environment, { function: name }));
		current.set(name, instance);
		return instance;
	};
	const close = async () => {
		await gateway.close({ graceMs: 0 });
		await harness.close();
	};
	return { gateway, port, current, start, close };
}

export interface Answer {
	status: number;
	headers: IncomingHttpHeaders;
	rawHeaders: string[];
	body: string;
}

/** Sends one request, on a connection of its own unless an agent is given. */
export function call(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const outgoing = request({ host: "127.0.0.1", agent: new Agent(), ...options }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				const { statusCode = 0, headers, rawHeaders } = response;
				resolve({ status: statusCode, headers, rawHeaders, body: Buffer.concat(chunks).toString("utf8") });
			});
		});
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}
