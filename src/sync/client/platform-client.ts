/**
 * The client of a platform's control API: one method per route. Modules that only some commands need are loaded on
 * demand, because a sync follows each edit and must be fast.
 */
import type { Change } from "../../protocol/change.ts";
import type { ConsoleCode } from "../../protocol/console.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import type { LogEvent, LogLines } from "../../protocol/function-log.ts";
import type { HostList, MappedHost } from "../../protocol/host-names.ts";
import {
	type AppInfo,
	type AppList,
	appInfoSchema,
	appListSchema,
	type ChangeEvent,
	type ChangesPage,
	type CreateApp,
	changeEventSchema,
	changesPageSchema,
	type Deploy,
	type DeployEvent,
	deployEventSchema,
	type PlatformInfo,
	platformInfoSchema,
} from "../../protocol/messages.ts";
import type { NodeEvent, PlatformStatus } from "../../protocol/nodes.ts";
import type { LoggedRequests, RequestEvent } from "../../protocol/request-log.ts";
import { ROUTES } from "../../protocol/routes.ts";
import type { CreatedToken, CreateToken, TokenList } from "../../protocol/token-messages.ts";
import { Connection, type RemoteOptions } from "./connection.ts";
import { logQuery, type WantedLines } from "./log-query.ts";
import type { SecretRequestRoutes } from "./secret-requests.ts";

function waiting(seconds: number | undefined): { query?: URLSearchParams } {
	return seconds === undefined ? {} : { query: new URLSearchParams({ wait: String(seconds) }) };
}

export class Remote {
	readonly #connection: Connection;

	constructor(options: RemoteOptions) {
		this.#connection = new Connection(options);
	}

	get url(): string {
		return this.#connection.url;
	}

	platform(): Promise<PlatformInfo> {
		return this.#connection.json(ROUTES.platform, {}, platformInfoSchema, "The platform's description");
	}

	createApp(app: string, body: CreateApp): Promise<AppInfo> {
		return this.#connection.json(
			ROUTES.createApp,
			{ parameters: { app }, json: body },
			appInfoSchema,
			"The app's description",
		);
	}

	showApp(app: string): Promise<AppInfo> {
		return this.#connection.json(
			ROUTES.showApp,
			{ parameters: { app } },
			appInfoSchema,
			"The app's description",
		);
	}

	async status(): Promise<PlatformStatus> {
		const { statusSchema } = await import("../../protocol/nodes.ts");
		return await this.#connection.json(ROUTES.status, {}, statusSchema, "The platform's status");
	}

	/** A code with which a browser opens the web console, with the rights of this client's token. */
	async createConsoleCode(): Promise<ConsoleCode> {
		const { consoleCodeSchema } = await import("../../protocol/console.ts");
		return await this.#connection.json(ROUTES.createConsoleCode, {}, consoleCodeSchema, "The code");
	}

	listApps(): Promise<AppList> {
		return this.#connection.json(ROUTES.listApps, {}, appListSchema, "The list of apps");
	}

	/**
	 * @param onNode as for `sendDeletion`
	 * @throws AppError `APP_NOT_FOUND` (exit 4), `TOKEN_SCOPE` (exit 3), and as `sendDeletion`
	 */
	async deleteApp(app: string, onNode?: (event: NodeEvent) => void): Promise<void> {
		const { sendDeletion } = await import("./deletion.ts");
		await sendDeletion(this.#connection, ROUTES.deleteApp, { parameters: { app } }, onNode);
	}

	async listHosts(): Promise<HostList> {
		const { hostListSchema } = await import("../../protocol/host-names.ts");
		return await this.#connection.json(ROUTES.listHosts, {}, hostListSchema, "The list of hosts");
	}

	/**
	 * @param onNode as for `changeHost`
	 * @throws AppError `HOST_TAKEN` (exit 5), `APP_NOT_FOUND` (exit 4), `TOKEN_SCOPE` (exit 3), and as `changeHost`
	 */
	async addHost(host: string, app: string, onNode?: (event: NodeEvent) => void): Promise<MappedHost> {
		const { changeHost } = await import("./host-change.ts");
		const request = { parameters: { host }, json: { app } };
		return await changeHost(this.#connection, ROUTES.addHost, request, onNode);
	}

	/**
	 * @param onNode as for `changeHost`
	 * @throws AppError `HOST_NOT_FOUND` (exit 4), `TOKEN_SCOPE` (exit 3), and as `changeHost`
	 */
	async removeHost(host: string, onNode?: (event: NodeEvent) => void): Promise<MappedHost> {
		const { changeHost } = await import("./host-change.ts");
		return await changeHost(this.#connection, ROUTES.removeHost, { parameters: { host } }, onNode);
	}

	readChanges(app: string, after: number): Promise<ChangesPage> {
		const request = { parameters: { app }, query: new URLSearchParams({ after: String(after) }) };
		return this.#connection.json(ROUTES.readChanges, request, changesPageSchema, "The platform's log");
	}

	/**
	 * Sends a change.
	 * @param waitSeconds how long to wait for all nodes of the platform; undefined: not at all
	 * @throws AppError `CHANGE_STALE` (exit 5) with the newer entries as `data`
	 */
	appendChange(app: string, change: Change, waitSeconds?: number): AsyncGenerator<ChangeEvent> {
		return this.#connection.stream(
			ROUTES.appendChange,
			{ parameters: { app }, json: change, ...waiting(waitSeconds) },
			changeEventSchema,
			"The platform's answer",
		);
	}

	/** @param waitSeconds as for `appendChange` */
	deploy(app: string, body: Deploy, waitSeconds?: number): AsyncGenerator<DeployEvent> {
		return this.#connection.stream(
			ROUTES.deploy,
			{ parameters: { app }, json: body, ...waiting(waitSeconds) },
			deployEventSchema,
			"The platform's answer",
		);
	}

	async putBlob(app: string, hash: string, bytes: Uint8Array): Promise<void> {
		await this.#connection.done(ROUTES.putBlob, { parameters: { app, hash }, bytes });
	}

	/** @param files whether to list the files that each function was deployed from, and its settings */
	async listFunctions(app: string, { files = false } = {}): Promise<FunctionList> {
		const { functionListSchema } = await import("../../protocol/function-list.ts");
		return await this.#connection.json(
			ROUTES.listFunctions,
			{ parameters: { app }, ...(files && { query: new URLSearchParams({ files: "true" }) }) },
			functionListSchema,
			"The list of functions",
		);
	}

	/**
	 * @param onNode as for `sendDeletion`
	 * @throws AppError `FUNCTION_NOT_FOUND` (exit 4), and as `sendDeletion`
	 */
	async deleteFunctions(
		app: string,
		names: readonly string[],
		onNode?: (event: NodeEvent) => void,
	): Promise<void> {
		const { sendDeletion } = await import("./deletion.ts");
		const query = new URLSearchParams(names.map((name): [string, string] => ["name", name]));
		await sendDeletion(this.#connection, ROUTES.deleteFunctions, { parameters: { app }, query }, onNode);
	}

	/** The output of functions; of all functions if no name is given. */
	async logs(app: string, names: readonly string[], wanted: WantedLines = {}): Promise<LogLines> {
		const { logsSchema } = await import("../../protocol/function-log.ts");
		const request = { parameters: { app }, query: logQuery(names, wanted) };
		return await this.#connection.json(ROUTES.readLogs, request, logsSchema, "The functions' log");
	}

	/** The output of functions, past and new, without end. */
	async *followLogs(
		app: string,
		names: readonly string[],
		wanted: WantedLines = {},
	): AsyncGenerator<LogEvent> {
		const { logEventSchema } = await import("../../protocol/function-log.ts");
		const request = { parameters: { app }, query: logQuery(names, wanted) };
		yield* this.#connection.stream(ROUTES.followLogs, request, logEventSchema, "The functions' log", {
			silenceMs: LOG_SILENCE_MS,
		});
	}

	/** The requests to functions; of the whole app if no name is given. */
	async requests(app: string, names: readonly string[], wanted: WantedLines = {}): Promise<LoggedRequests> {
		const { requestsSchema } = await import("../../protocol/request-log.ts");
		const request = { parameters: { app }, query: logQuery(names, wanted) };
		return await this.#connection.json(ROUTES.readRequests, request, requestsSchema, "The log of requests");
	}

	/** The requests to functions, past and new, without end. */
	async *followRequests(
		app: string,
		names: readonly string[],
		wanted: WantedLines = {},
	): AsyncGenerator<RequestEvent> {
		const { requestEventSchema } = await import("../../protocol/request-log.ts");
		const request = { parameters: { app }, query: logQuery(names, wanted) };
		yield* this.#connection.stream(
			ROUTES.followRequests,
			request,
			requestEventSchema,
			"The log of requests",
			{ silenceMs: LOG_SILENCE_MS },
		);
	}

	/** The routes of requests for secrets. */
	async secretRequests(): Promise<SecretRequestRoutes> {
		const { SecretRequestRoutes } = await import("./secret-requests.ts");
		return new SecretRequestRoutes(this.#connection);
	}

	async listTokens(): Promise<TokenList> {
		const { tokenListSchema } = await import("../../protocol/token-messages.ts");
		return await this.#connection.json(ROUTES.listTokens, {}, tokenListSchema, "The list of tokens");
	}

	async createToken(body: CreateToken): Promise<CreatedToken> {
		const { createdTokenSchema } = await import("../../protocol/token-messages.ts");
		return await this.#connection.json(
			ROUTES.createToken,
			{ json: body },
			createdTokenSchema,
			"The new token",
		);
	}

	/** @throws AppError `TOKEN_NOT_FOUND` (exit 4) */
	async revokeToken(id: string): Promise<void> {
		await this.#connection.done(ROUTES.revokeToken, { parameters: { id } });
	}
}

/** The longest time between two lines of a stream, in milliseconds. The platform sends something every 15 s. */
const LOG_SILENCE_MS = 60_000;
