import { utf8 } from "../../src/bytes.ts";
import { blobHash } from "../../src/protocol/blob-hash.ts";
import type { Change } from "../../src/protocol/change.ts";
import { type FunctionList, functionListSchema } from "../../src/protocol/function-list.ts";
import { type LogLines, logsSchema } from "../../src/protocol/function-log.ts";
import {
	type AppInfo,
	appInfoSchema,
	type ChangeEvent,
	changeEventSchema,
	type Deploy,
	type DeployEvent,
	deployEventSchema,
} from "../../src/protocol/messages.ts";
import { type LoggedRequests, requestsSchema } from "../../src/protocol/request-log.ts";
import { ROUTES, type Route, routePath } from "../../src/protocol/routes.ts";
import type { TestVault } from "./vault-fixture.ts";

export type Send = (path: string, init: RequestInit) => Promise<Response>;

/** A minimal client for the protocol, which shares no code with the real one. */
export class TestClient {
	readonly #send: Send;
	readonly #token: string;

	constructor(send: Send, token: string) {
		this.#send = send;
		this.#token = token;
	}

	async call(
		route: Route,
		parameters: Record<string, string>,
		body?: unknown,
		query = "",
	): Promise<Response> {
		const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
		const isBytes = body instanceof Uint8Array;
		if (body !== undefined)
			headers["content-type"] = isBytes ? "application/octet-stream" : "application/json";
		const init: RequestInit = { method: route.method, headers };
		if (body !== undefined) init.body = isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body);
		return await this.#send(routePath(route, parameters) + query, init);
	}

	async #ok(answer: Promise<Response>): Promise<Response> {
		const response = await answer;
		if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
		return response;
	}

	async createApp(app: string, vault: TestVault): Promise<AppInfo> {
		const body = { vaultId: vault.vaultId, environment: "production" };
		return appInfoSchema.parse(await (await this.#ok(this.call(ROUTES.createApp, { app }, body))).json());
	}

	async showApp(app: string): Promise<AppInfo> {
		return appInfoSchema.parse(await (await this.#ok(this.call(ROUTES.showApp, { app }))).json());
	}

	async send(app: string, change: Change, query = ""): Promise<ChangeEvent[]> {
		const response = await this.#ok(this.call(ROUTES.appendChange, { app }, change, query));
		return (await linesOf(response)).map((line) => changeEventSchema.parse(line));
	}

	/**
	 * @param files source by path; `functions/NAME/index.ts` is the entry of a function
	 * @param query `?wait=SECONDS` waits for all nodes
	 */
	async deploy(
		app: string,
		files: Record<string, string>,
		prune = false,
		query = "",
	): Promise<DeployEvent[]> {
		const contents = new Map(Object.entries(files).map(([path, text]) => [path, utf8(text)] as const));
		const functions = Object.keys(files).flatMap((entry) => {
			const name = /^functions\/(.+)\/index\.ts$/.exec(entry)?.[1];
			const settings = `functions/${name}/function.jsonc`;
			return name === undefined ? [] : [{ name, entry, ...(settings in files && { settings }) }];
		});
		return await this.deployUpload(app, contents, functions, prune, query);
	}

	/** @param sources content by path */
	async deployUpload(
		app: string,
		sources: ReadonlyMap<string, Uint8Array>,
		functions: Deploy["functions"],
		prune = false,
		query = "",
	): Promise<DeployEvent[]> {
		const contents = [...sources];
		const body = { files: contents.map(([path, bytes]) => [path, blobHash(bytes)]), functions, prune };
		const ask = async () => {
			const response = await this.#ok(this.call(ROUTES.deploy, { app }, body, query));
			return (await linesOf(response)).map((line) => deployEventSchema.parse(line));
		};
		const events = await ask();
		const [first] = events;
		if (first?.type !== "missing") return events;
		for (const [, bytes] of contents) {
			const hash = blobHash(bytes);
			if (first.hashes.includes(hash)) await this.#ok(this.call(ROUTES.putBlob, { app, hash }, bytes));
		}
		return await ask();
	}

	async list(app: string): Promise<FunctionList> {
		const response = await this.#ok(this.call(ROUTES.listFunctions, { app }));
		return functionListSchema.parse(await response.json());
	}

	/** The lines of a function's log. */
	async logs(app: string, name: string): Promise<LogLines["lines"]> {
		const response = await this.#ok(this.call(ROUTES.readLogs, { app }, undefined, `?function=${name}`));
		return logsSchema.parse(await response.json()).lines;
	}

	/** The requests to a function. */
	async requests(app: string, name: string): Promise<LoggedRequests["requests"]> {
		const response = await this.#ok(this.call(ROUTES.readRequests, { app }, undefined, `?function=${name}`));
		return requestsSchema.parse(await response.json()).requests;
	}

	/** The metrics of the platform. */
	async metrics(): Promise<string> {
		return await (await this.#ok(this.call(ROUTES.metrics, {}))).text();
	}

	async functions(app: string): Promise<FunctionList["functions"]> {
		return (await this.list(app)).functions;
	}
}

export async function linesOf(response: Response): Promise<unknown[]> {
	const text = await response.text();
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as unknown);
}

/** The status of each function of a deployment, by name. */
export function statusesOf(events: readonly DeployEvent[]): Record<string, string> {
	return Object.fromEntries(
		events.flatMap((event) => (event.type === "function" ? [[event.result.name, event.result.status]] : [])),
	);
}
