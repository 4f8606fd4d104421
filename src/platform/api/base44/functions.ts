/** The Base44 CLI's `functions deploy | list | pull | delete`. */
import { posix } from "node:path";
import * as z from "zod";
import { fromUtf8, utf8 } from "../../../bytes.ts";
import { AppError, EXIT } from "../../../errors.ts";
import { automationsFault, jsoncOf } from "../../../modules/automations/automations.ts";
import { UPLOAD_BYTES_MAX } from "../../../modules/limits.ts";
import { decode, MESSAGE_LIMITS } from "../../../protocol/messages.ts";
import type { Deployment, StoredAutomation } from "../../functions/function.ts";
import type { Store } from "../../store/store.ts";
import { appOf, type Handler, jsonOf } from "../endpoint.ts";
import { done } from "./answer.ts";
import { arrangeSources, folderOf } from "./sources.ts";

/** JSON text is longer than the sources in it. */
const BODY_BYTES_MAX = UPLOAD_BYTES_MAX + 8 * 1024 * 1024;

const deploySchema = z.object({
	entry: z.string().min(1).max(1024),
	files: z
		.array(z.object({ path: z.string().min(1).max(1024), content: z.string() }))
		.min(1)
		.max(MESSAGE_LIMITS.filesPerDeployment),
	automations: z.array(z.record(z.string(), z.json())).optional(),
});

export const deploy: Handler = async (call) => {
	const app = appOf(call);
	const name = call.parameter("name");
	const { entry, files, automations } = decode(
		deploySchema,
		await jsonOf(call, BODY_BYTES_MAX),
		"The deployment",
	);
	checkAutomations(automations);
	const placed = arrangeSources(name, entry, files);
	const { core } = call;
	const uploaded = await Promise.all(
		[...placed.files].map(async ([path, content]): Promise<[string, string]> => {
			return [path, await core.store.putBlob(app.lifetimeId, utf8(content))];
		}),
	);
	const source = {
		name,
		entry: placed.entry,
		settings: placed.settings,
		ownsUpload: true,
		automations,
	};
	let status: "deployed" | "unchanged" = "unchanged";
	let error: string | undefined;
	const request = { files: uploaded, functions: [source], prune: false };
	await core.deployer.deploy(core.functionsOf(app), request, (result) => {
		core.log.info({ app: app.id, function: name, status: result.status }, "function deployed");
		if (result.status === "failed") error = result.error ?? "";
		else status = result.status;
	});
	if (error !== undefined) throw notDeployed(withUnsentFile(error));
	return Response.json({ status });
};

/** Checks automations. The CLI also checks them, but not completely. @throws AppError `AUTOMATIONS_INVALID` (exit 2) */
function checkAutomations(automations: readonly StoredAutomation[] = []): void {
	const fault = automationsFault(jsoncOf(automations));
	if (fault === undefined) return;
	throw new AppError({
		code: "AUTOMATIONS_INVALID",
		message: `The automations of the function are not valid: ${fault}. Nothing was deployed.`,
		hint: "docs/functions.md describes automations.",
		exit: EXIT.usage,
	});
}

/** The only files that the Base44 CLI sends. */
const SENT = /\.(js|ts|json|jsonc)$/;

/** Adds to an error about a missing file that the Base44 CLI does not send such files. */
function withUnsentFile(why: string): string {
	const path = /(?:there is no file|no file matches) "?(.+?)"?\. /.exec(why)?.[1];
	if (path === undefined || SENT.test(path)) return why;
	return `${why} If the file exists: the Base44 CLI sends .js, .ts, .json and .jsonc files only. Deploy the function with 'coffer functions deploy', which sends the other files too.`;
}

function notDeployed(why: string): AppError {
	return new AppError({
		code: "DEPLOY_FAILED",
		message: why,
		hint: "If there is an earlier deployment of the function, it still serves requests.",
		exit: EXIT.failure,
	});
}

export const list: Handler = async (call) => {
	const { core } = call;
	const app = appOf(call);
	const known = [...app.state.functions].sort(([a], [b]) => (a < b ? -1 : 1));
	const functions = await Promise.all(
		known.map(async ([name, { deployment }]) => describe(core.store, app.lifetimeId, name, deployment)),
	);
	return Response.json({ functions });
};

/** A function in the form that the CLI writes into a project. */
async function describe(store: Store, owner: string, name: string, deployment: Deployment): Promise<object> {
	const { id, sources, automations = [] } = deployment;
	const folder = folderOf(name, sources?.entry ?? `${name}/entry.ts`);
	const files = await Promise.all(
		(sources?.files ?? []).map(async ([path, hash]) => {
			const content = await store.getBlob(owner, hash);
			const text = content && fromUtf8(content);
			return text === undefined ? [] : [{ path: posix.relative(folder, path), content: text }];
		}),
	);
	const entry = posix.relative(folder, sources?.entry ?? `${folder}/entry.ts`);
	return { name, deployment_id: id, entry, files: files.flat(), automations };
}

export const remove: Handler = async (call) => {
	const { core } = call;
	const app = appOf(call);
	await core.functionsOf(app).delete([call.parameter("name")]);
	return done();
};
