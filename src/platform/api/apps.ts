/** The routes of the platform, of apps, their logs of changes and their blobs. */
import * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";
import {
	type AppInfo,
	type AppList,
	appIdSchema,
	appInfoSchema,
	appListSchema,
	type ChangesPage,
	changesPageSchema,
	createAppSchema,
	decode,
	MESSAGE_LIMITS,
	platformInfoSchema,
} from "../../protocol/messages.ts";
import type { App } from "../apps/app.ts";
import { notLinked } from "../apps/app-faults.ts";
import { blobHashOf } from "../threads/compute.ts";
import { readBytes } from "./body.ts";
import {
	answerOf,
	appOf,
	checkStillValid,
	done,
	type Endpoint,
	invalid,
	json,
	jsonOf,
	SMALL_BODY_BYTES,
	TEXT,
	urlOf,
} from "./endpoint.ts";
import { answerDeletion, deletionAnswers, WAIT } from "./nodes/waiting.ts";

/** @throws AppError `APP_NOT_LINKED` (exit 4) if the app has no vault */
function infoOf(app: App, listenUrl: string): AppInfo {
	if (!app.isLinked) throw notLinked();
	const { context, head } = app.state;
	const { vaultId, environment } = context;
	const local = [...app.state.local.values()].flatMap(({ record: { name, kind }, by, atMs }) =>
		kind === "live" ? [{ name, origin: "base44" as const, by, atMs }] : [],
	);
	return { app: app.id, vaultId, environment, ...head, url: urlOf(listenUrl, app.id), local };
}

export const health: Endpoint = {
	summary: "Check whether the platform runs",
	answer: answerOf("The platform runs", json(z.object({ status: z.literal("ok") }))),
	handle: () => Response.json({ status: "ok" }),
};

export const metrics: Endpoint = {
	summary: "Read the metrics in the text format of Prometheus",
	answer: answerOf("The metrics", { media: "text/plain", schema: undefined }),
	handle: async ({ core }) => {
		const { contentType, text } = await core.metrics.text();
		return new Response(text, { headers: { "content-type": contentType } });
	},
};

export const platform: Endpoint = {
	summary: "Read the platform's identity",
	answer: answerOf("Its public keys", json(platformInfoSchema)),
	handle: ({ core }) => Response.json(core.info),
};

export const listApps: Endpoint = {
	summary: "List the apps",
	answer: answerOf("The apps", json(appListSchema)),
	handle: ({ core }) => {
		const apps = core.apps.list().map(({ id, state: { context, head } }) => ({
			app: id,
			vaultId: context.vaultId === "" ? null : context.vaultId,
			environment: context.environment,
			revision: head.revision,
		}));
		return Response.json({ apps } satisfies AppList);
	},
};

export const createApp: Endpoint = {
	summary: "Create an app, or get the one that is linked with the same vault and environment",
	body: json(createAppSchema),
	answer: answerOf("The app", json(appInfoSchema)),
	refuses: [409],
	handle: async (call) => {
		const { core, listenUrl, parameter } = call;
		const id = decode(appIdSchema, parameter("app"), "The app's id");
		const bound = decode(createAppSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
		return Response.json(infoOf(await core.createApp(id, bound), listenUrl));
	},
};

export const showApp: Endpoint = {
	summary: "Show an app",
	answer: answerOf("The app", json(appInfoSchema)),
	handle: (call) => Response.json(infoOf(appOf(call), call.listenUrl)),
};

export const deleteApp: Endpoint = {
	summary: "Delete an app with its log, functions and tokens",
	query: [WAIT],
	...deletionAnswers,
	refuses: [400],
	handle: async (call) => {
		const { core } = call;
		const { id } = appOf(call);
		return await answerDeletion(call, async () => {
			await core.deleteApp(id);
			return { platformRevision: core.tokens.revision };
		});
	},
};

export const readChanges: Endpoint = {
	summary: "Read a page of an app's log",
	query: [{ name: "after", required: false, schema: TEXT }],
	answer: answerOf("The entries after a revision", json(changesPageSchema)),
	refuses: [400],
	handle: async (call) => {
		const app = appOf(call);
		const text = call.url.searchParams.get("after") ?? "0";
		if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw invalid("The parameter 'after' must be a revision.");
		const { head } = app.state;
		const entries = await app.entries(Number(text), head.revision + 1);
		return Response.json({ ...head, entries } satisfies ChangesPage);
	},
};

export const putBlob: Endpoint = {
	summary: "Store a source file under its hash",
	body: { media: "application/octet-stream", schema: undefined },
	answer: done,
	refuses: [422],
	handle: async (call) => {
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
	},
};
