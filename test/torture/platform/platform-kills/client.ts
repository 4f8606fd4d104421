/**
 * A client of a platform that may be killed at any moment. It reports every acknowledgement, also those in a
 * response that breaks off.
 */
import { utf8 } from "../../../../src/bytes.ts";
import { blobHash } from "../../../../src/protocol/blob-hash.ts";
import type { Change, Head, LogEntry } from "../../../../src/protocol/change.ts";
import { functionListSchema } from "../../../../src/protocol/function-list.ts";
import {
	appInfoSchema,
	changeEventSchema,
	changesPageSchema,
	deployEventSchema,
} from "../../../../src/protocol/messages.ts";
import { ROUTES, type Route, routePath } from "../../../../src/protocol/routes.ts";
import type { Platform } from "../../../stories/support/platform.ts";
import { APP } from "../../../stories/support/project.ts";

/** Calls back for each line of a response as it arrives. @throws Error if the response breaks off */
async function eachLine(response: Response, use: (line: unknown) => void): Promise<void> {
	if (!response.ok || response.body === null)
		throw new Refused(`${response.status} ${await response.text()}`);
	let text = "";
	const decoder = new TextDecoder();
	for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop() ?? "";
		for (const line of lines) use(JSON.parse(line));
	}
}

/** The platform's response is wrong. */
export class Refused extends Error {}

export class KilledClient {
	readonly #platform: Platform;

	constructor(platform: Platform) {
		this.#platform = platform;
	}

	async #call(
		route: Route,
		parameters: Record<string, string>,
		body?: unknown,
		query = "",
	): Promise<Response> {
		const { control, token } = this.#platform;
		const isBytes = body instanceof Uint8Array;
		return await fetch(control + routePath(route, { app: APP, ...parameters }) + query, {
			method: route.method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined
					? {}
					: { "content-type": isBytes ? "application/octet-stream" : "application/json" }),
			},
			...(body === undefined
				? {}
				: { body: isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
		});
	}

	async #json(answer: Promise<Response>): Promise<unknown> {
		const response = await answer;
		if (!response.ok) throw new Refused(`${response.status} ${await response.text()}`);
		return response.status === 204 ? undefined : await response.json();
	}

	async createApp(vaultId: string): Promise<Head> {
		const body = { vaultId, environment: "production" };
		const { revision, head } = appInfoSchema.parse(await this.#json(this.#call(ROUTES.createApp, {}, body)));
		return { revision, head };
	}

	/** @param onAccepted called with the change's head */
	async send(change: Change, onAccepted: (head: Head) => void): Promise<void> {
		await eachLine(await this.#call(ROUTES.appendChange, {}, change), (line) => {
			const event = changeEventSchema.parse(line);
			if (event.type === "accepted") onAccepted({ revision: event.revision, head: event.head });
			if (event.type === "redeployed" && event.result.status === "failed")
				throw new Refused(`${event.result.function} was not redeployed: ${event.result.error}`);
		});
	}

	/** @param onDeployed called once it is deployed */
	async deploy(name: string, source: string, onDeployed: () => void): Promise<void> {
		const entry = `functions/${name}/index.ts`;
		const bytes = utf8(source);
		const hash = blobHash(bytes);
		const body = { files: [[entry, hash]], functions: [{ name, entry }], prune: false };
		for (let isMissing = true; isMissing; ) {
			isMissing = false;
			await eachLine(await this.#call(ROUTES.deploy, {}, body), (line) => {
				const event = deployEventSchema.parse(line);
				if (event.type === "missing") isMissing = true;
				if (event.type !== "function") return;
				if (event.result.status === "failed") throw new Refused(`${name} failed: ${event.result.error}`);
				onDeployed();
			});
			if (isMissing) await this.#json(this.#call(ROUTES.putBlob, { hash }, bytes));
		}
	}

	async delete(name: string): Promise<void> {
		await this.#json(this.#call(ROUTES.deleteFunctions, {}, undefined, `?name=${name}`));
	}

	async functions(): Promise<string[]> {
		return (await this.#list()).map(({ name }) => name);
	}

	/** The processes of functions that the platform knows. */
	async pids(): Promise<(number | null)[]> {
		return (await this.#list()).map(({ pid }) => pid);
	}

	async #list() {
		const answer = await this.#json(this.#call(ROUTES.listFunctions, {}));
		return functionListSchema.parse(answer).functions;
	}

	/** The whole log. */
	async log(): Promise<LogEntry[]> {
		const entries: LogEntry[] = [];
		for (;;) {
			const answer = await this.#json(
				this.#call(ROUTES.readChanges, {}, undefined, `?after=${entries.length}`),
			);
			const page = changesPageSchema.parse(answer);
			entries.push(...page.entries);
			if (entries.length >= page.revision) return entries;
		}
	}
}
