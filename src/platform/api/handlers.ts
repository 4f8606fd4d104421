/** The handlers of the control API's routes, apart from changes and deployments (`streams.ts`), logs and tokens. */
import { AppError, EXIT } from "../../errors.ts";
import type { FunctionList } from "../../protocol/function-list.ts";
import {
	type AppInfo,
	type AppList,
	appIdSchema,
	type ChangesPage,
	createAppSchema,
	decode,
	MESSAGE_LIMITS,
} from "../../protocol/messages.ts";
import type { App } from "../apps/app.ts";
import { notLinked } from "../apps/app-faults.ts";
import { operationHash } from "../functions/function.ts";
import type { AutomationStatus } from "../schedule/automations.ts";
import type { Core } from "../service/core.ts";
import { blobHashOf } from "../threads/compute.ts";
import type { Principal } from "../tokens/tokens.ts";
import { tokenInvalid } from "./authenticate.ts";
import { readBytes, readJson } from "./body.ts";

export interface Call {
	readonly core: Core;
	readonly request: Request;
	/** The token that sent the request. Undefined for a route without a token. */
	readonly principal: Principal | undefined;
	readonly url: URL;
	/** Base URL of the gateway, without a slash at its end. */
	readonly listenUrl: string;
	/** A parameter of the route. */
	parameter(name: string): string;
	/** Aborted when the platform closes. */
	readonly closing: AbortSignal;
}

export type Handler = (call: Call) => Promise<Response> | Response;

export const SMALL_BODY_BYTES = 64 * 1024;
const ERROR_CHARACTERS_MAX = 32 * 1024;

/** The error for invalid parameters of a request. */
export function invalid(message: string): AppError {
	return new AppError({ code: "REQUEST_INVALID", message, hint: "See docs/protocol.md.", exit: EXIT.usage });
}

/** Whether the request's token is still valid. */
export function isStillValid({ core, principal }: Call): boolean {
	return principal === undefined || core.tokens.isValid(principal, core.clock.now());
}

/** Checks again after a body has arrived, which may take a while. @throws AppError `TOKEN_INVALID` (exit 3) */
function checkStillValid(call: Call): void {
	if (!isStillValid(call)) throw tokenInvalid();
}

/** The request's JSON. Its schema is not checked yet. @throws AppError as `readJson`, and `TOKEN_INVALID` (exit 3) */
export async function jsonOf(call: Call, bytesMax: number): Promise<unknown> {
	const body = await readJson(call.request, bytesMax);
	checkStillValid(call);
	return body;
}

/** The app of the route. @throws AppError `APP_NOT_FOUND` (exit 4) */
export function appOf({ core, parameter }: Call): App {
	return core.apps.get(parameter("app"));
}

/** The gateway's URL of a function, or of a whole app. */
export function urlOf(listenUrl: string, app: string, name?: string): string {
	return name === undefined ? `${listenUrl}/${app}/` : `${listenUrl}/${app}/${name}`;
}

/** @throws AppError `APP_NOT_LINKED` (exit 4) where the app has no vault */
function infoOf(app: App, listenUrl: string): AppInfo {
	if (!app.isLinked) throw notLinked();
	const { context, head } = app.state;
	const { vaultId, environment } = context;
	const local = [...app.state.local.values()].flatMap(({ record: { name, kind }, by, atMs }) =>
		kind === "live" ? [{ name, origin: "base44" as const, by, atMs }] : [],
	);
	return { app: app.id, vaultId, environment, ...head, url: urlOf(listenUrl, app.id), local };
}

export const health: Handler = () => Response.json({ status: "ok" });

export const metrics: Handler = async ({ core }) => {
	const { contentType, text } = await core.metrics.text();
	return new Response(text, { headers: { "content-type": contentType } });
};

export const platform: Handler = ({ core }) => Response.json(core.info);

export const listApps: Handler = ({ core }) => {
	const apps = core.apps.list().map(({ id, state: { context, head } }) => ({
		app: id,
		vaultId: context.vaultId === "" ? null : context.vaultId,
		environment: context.environment,
		revision: head.revision,
	}));
	return Response.json({ apps } satisfies AppList);
};

export const createApp: Handler = async (call) => {
	const { core, listenUrl, parameter } = call;
	const id = decode(appIdSchema, parameter("app"), "The app's id");
	const bound = decode(createAppSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
	return Response.json(infoOf(await core.createApp(id, bound), listenUrl));
};

export const showApp: Handler = (call) => Response.json(infoOf(appOf(call), call.listenUrl));

export const deleteApp: Handler = async (call) => {
	await call.core.deleteApp(appOf(call).id);
	return new Response(null, { status: 204 });
};

export const readChanges: Handler = async (call) => {
	const app = appOf(call);
	const text = call.url.searchParams.get("after") ?? "0";
	if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw invalid("The parameter 'after' must be a revision.");
	const { head } = app.state;
	const entries = await app.entries(Number(text), head.revision + 1);
	return Response.json({ ...head, entries } satisfies ChangesPage);
};

export const putBlob: Handler = async (call) => {
	const app = appOf(call);
	const bytes = await readBytes(call.request, "application/octet-stream", MESSAGE_LIMITS.blobBytes);
	checkStillValid(call);
	if ((await blobHashOf(bytes)) !== call.parameter("hash")) {
		throw new AppError({
			code: "BLOB_HASH_MISMATCH",
			message: "The bytes that arrived do not match the hash in the URL.",
			hint: "Send them again. The hash is BLAKE2b-256 as base64url without padding.",
			exit: EXIT.integrity,
		});
	}
	app.checkPresent();
	await call.core.store.putBlob(app.lifetimeId, bytes);
	return new Response(null, { status: 204 });
};

export const listFunctions: Handler = (call) => {
	const app = appOf(call);
	const running = call.core.functionsOf(app);
	const hasFiles = call.url.searchParams.get("files") === "true";
	const functions = [...app.state.functions]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, known]) => {
			const supervisor = running.findSupervisor(name);
			const error = (supervisor?.error ?? known.error)?.slice(0, ERROR_CHARACTERS_MAX);
			const { id, bundle, references, dynamic, seen = [], settings, source, sources } = known.deployment;
			return {
				name,
				url: urlOf(call.listenUrl, app.id, name),
				state: supervisor?.state ?? ("failed" as const),
				pid: supervisor?.instance?.pid ?? null,
				deployment: id,
				references,
				dynamic,
				excluded: [...(settings?.secrets?.exclude ?? [])],
				seen: [...seen],
				...(hasFiles
					? {
							files: sources?.files.map(([path, hash]): [string, string] => [path, hash]),
							settings: { ...settings },
							source,
							bundle,
							operation: operationHash(known.deployment),
						}
					: {}),
				automations: call.core.automations.of(app.id, name).map(automationInfo),
				...(supervisor?.replaced === undefined ? {} : { replaced: supervisor.replaced }),
				...(error === undefined ? {} : { error }),
			};
		});
	const { limits, network } = call.core.runtime;
	const list: FunctionList = {
		functions,
		...(hasFiles ? { conditions: [...call.core.deployer.conditions] } : {}),
		unbounded: [...limits.missing],
		network: { wall: network.isolation, missing: [...network.missing] },
	};
	return Response.json(list);
};

function automationInfo({ automation, nextMs, lastDueMs, runs }: AutomationStatus) {
	const { name, type, is_active: active = true } = automation;
	return { name, type, active, nextMs: nextMs ?? null, lastMs: lastDueMs ?? null, runs };
}

export const deleteFunctions: Handler = async (call) => {
	const app = appOf(call);
	const names = call.url.searchParams.getAll("name");
	if (names.length === 0) throw invalid("Give the functions to delete: ?name=NAME, once for each function.");
	await call.core.functionsOf(app).delete(names);
	return new Response(null, { status: 204 });
};
