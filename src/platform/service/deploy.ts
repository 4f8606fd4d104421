/** Deploys functions: checks an upload, builds its functions and starts them. Unchanged ones keep their process. */
import { AppError, EXIT } from "../../errors.ts";
import { UPLOAD_BYTES_MAX } from "../../modules/limits.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { Matcher } from "../../references/evidence/name-pattern.ts";
import type { Reference } from "../../references/evidence/reference.ts";
import { keptSources } from "../apps/kept-sources.ts";
import type { Builder } from "../build/bundle.ts";
import { checkFailed } from "../build/check/check-process.ts";
import type { CheckedFunction, PreparedBuild } from "../build/check/checker.ts";
import { checkUpload, type Upload, type UploadedFile } from "../build/upload.ts";
import type { FunctionMaxima } from "../configuration/limits.ts";
import { describeError, type Log } from "../faults/log.ts";
import {
	type Deployment,
	deploymentId,
	type FunctionSource,
	isSame,
	type KeptSources,
} from "../functions/function.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import type { Store } from "../store/store.ts";

export interface DeployerOptions {
	readonly store: Store;
	readonly builder: Builder;
	/** The limits that a `function.jsonc` may ask for. */
	readonly maxima: FunctionMaxima;
	readonly log: Log;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** A deployment as a client requests it. */
export interface DeployRequest {
	/** Path and hash of each file. */
	readonly files: readonly (readonly [path: string, hash: string])[];
	readonly functions: readonly FunctionSource[];
	/** Whether to delete all functions that the request does not name. */
	readonly prune: boolean;
}

export type DeployOutcome =
	/** `missing`: nothing was done, since the client must send these blobs first. */
	{ readonly missing: readonly string[] } | { readonly pruned: readonly string[] };

export class Deployer {
	readonly #options: DeployerOptions;

	constructor(options: DeployerOptions) {
		this.#options = options;
	}

	/** The same as the builder's. */
	get conditions(): readonly string[] {
		return this.#options.builder.conditions;
	}

	/**
	 * Builds and starts the functions of an upload.
	 * @param onFunction called with the result of each function
	 * @throws AppError exit 2 where the upload is not allowed. Errors of a function are in its result.
	 */
	deploy(
		functions: AppFunctions,
		request: DeployRequest,
		onFunction: (result: Omit<DeployedFunction, "url">) => void,
	): Promise<DeployOutcome> {
		return functions.blobs.during(() => this.#deploy(functions, request, onFunction));
	}

	async #deploy(
		functions: AppFunctions,
		request: DeployRequest,
		onFunction: (result: Omit<DeployedFunction, "url">) => void,
	): Promise<DeployOutcome> {
		const hashes = [...new Set(request.files.map(([, hash]) => hash))];
		const owner = functions.app.lifetimeId;
		const missing = await this.#options.store.missingBlobs(owner, hashes);
		if (missing.length > 0) return { missing };
		const { builder, log, maxima } = this.#options;
		const upload = await this.#load(owner, request);
		const { functions: checked, parses } = await builder.prepare(upload, maxima);
		log.info({ files: upload.files.size, functions: checked.size, parses }, "an upload was checked");
		const hashOf = new Map(request.files);
		await Promise.all(
			upload.functions.map(async (source) =>
				onFunction(await this.#deployOne(functions, checked.get(source.name), hashOf, source)),
			),
		);
		return { pruned: request.prune ? await prune(functions, upload) : [] };
	}

	/** Reads each blob once. Reads no more bytes than an upload may have. */
	async #load(owner: string, { files, functions }: DeployRequest): Promise<Upload> {
		const contents = new Map<string, Uint8Array>();
		const uploaded: UploadedFile[] = [];
		let bytes = 0;
		for (const [path, hash] of files) {
			const content = contents.get(hash) ?? (await this.#options.store.getBlob(owner, hash));
			if (content === undefined) throw blobGone();
			contents.set(hash, content);
			uploaded.push({ path, content });
			bytes += content.length;
			// `checkUpload` reports this.
			if (bytes > UPLOAD_BYTES_MAX) break;
		}
		return checkUpload(uploaded, functions);
	}

	async #deployOne(
		functions: AppFunctions,
		prepared: CheckedFunction | AppError | undefined,
		hashOf: ReadonlyMap<string, string>,
		source: FunctionSource,
	): Promise<Omit<DeployedFunction, "url">> {
		const { name } = source;
		try {
			if (prepared === undefined || prepared instanceof AppError) throw prepared ?? checkFailed();
			const said = { ...prepared.declaration, sources: keptSources(source, prepared, hashOf) };
			const present = presentDeployment(functions, name);
			if (present?.source !== prepared.source) {
				return await this.#buildAndStart(functions, name, prepared, said);
			}
			const { settings, declared, sources, automations } = said;
			if (isSame(present.settings, settings)) return await recordDeclarations(functions, present, said);
			// The bundle is unchanged, and so are the variables that its code reads.
			const references = [...present.references.filter(({ how }) => how !== "declared"), ...declared];
			return await this.#start(functions, { ...present, settings, references, sources, automations });
		} catch (error) {
			if (error instanceof AppError)
				return { name, status: "failed", error: `${error.message} ${error.hint}` };
			this.#options.log.error({ function: name, ...describeError(error) }, "a deployment failed");
			return { name, status: "failed", error: "The deployment failed. The platform's log has the details." };
		}
	}

	async #buildAndStart(
		functions: AppFunctions,
		name: string,
		prepared: PreparedBuild,
		{ settings, declared, sources, automations }: Declarations,
	): Promise<Omit<DeployedFunction, "url">> {
		const { builder, store } = this.#options;
		const built = await builder.build(prepared);
		const { source } = prepared;
		const { lifetimeId: owner } = functions.app;
		const sourceMap = await store.putBlob(owner, built.sourceMap);
		const present = presentDeployment(functions, name);
		if (built.references === undefined) throw new Error("The platform's builder does not analyse bundles.");
		const { dynamic } = built.references;
		const found = [...built.references.references, ...declared];
		const references = [...found, ...observedReferences(functions, name, found)];
		if (present?.bundle === built.hash && isSame(present.settings, settings)) {
			// The process keeps running. The next upload of the same sources is not built again.
			await functions.updateDeployment({
				...present,
				source,
				sourceMap,
				references,
				dynamic,
				sources,
				automations,
			});
			const isScheduled = isSame(present.automations, automations);
			return { name, status: isScheduled ? "unchanged" : "deployed" };
		}
		const bundle = await store.putBlob(owner, built.code);
		return await this.#start(functions, {
			function: name,
			bundle,
			sourceMap,
			source,
			references,
			dynamic,
			settings,
			sources,
			automations,
		});
	}

	async #start(
		functions: AppFunctions,
		built: Omit<Deployment, "id">,
	): Promise<Omit<DeployedFunction, "url">> {
		const name = built.function;
		const { status, error } = await functions.deploy({ ...built, id: deploymentId(this.#options.now()) });
		return status === "failed" ? { name, status, error: error ?? "" } : { name, status: "deployed" };
	}
}

/** The function's present deployment. Undefined where it does not exist or has failed. */
function presentDeployment(functions: AppFunctions, name: string): Deployment | undefined {
	const present = functions.app.state.functions.get(name);
	if (present === undefined || present.error !== undefined) return undefined;
	const supervisor = functions.findSupervisor(name);
	const runs = supervisor !== undefined && supervisor.state !== "failed" && supervisor.error === undefined;
	return runs ? present.deployment : undefined;
}

/** The settings, secrets and automations that a function's files declare, and the files themselves. */
type Declarations = CheckedFunction["declaration"] & { readonly sources: KeptSources };

/** Records changes that need no new process: automations, and the sources that a client can read back. */
async function recordDeclarations(
	functions: AppFunctions,
	present: Deployment,
	{ automations, sources }: Declarations,
): Promise<Omit<DeployedFunction, "url">> {
	const { function: name } = present;
	const isScheduled = isSame(present.automations, automations);
	if (!isScheduled || !isSame(present.sources, sources))
		await functions.updateDeployment({ ...present, sources, automations });
	return { name, status: isScheduled ? "unchanged" : "deployed" };
}

/** References that were observed while earlier deployments ran. The new one may read them, too. */
function observedReferences(functions: AppFunctions, name: string, found: readonly Reference[]): Reference[] {
	const before = functions.app.state.functions.get(name)?.deployment.references ?? [];
	const known = new Matcher(found.map((reference) => reference.name));
	return before.filter((one) => one.how === "observed" && known.exactness(one.name) === undefined);
}

/** Deletes the functions that the upload does not name. */
async function prune(functions: AppFunctions, upload: Upload): Promise<string[]> {
	const named = new Set(upload.functions.map(({ name }) => name));
	const others = [...functions.app.state.functions.keys()].filter((name) => !named.has(name)).sort();
	await functions.delete(others);
	return others;
}

function blobGone(): AppError {
	return new AppError({
		code: "BLOB_GONE",
		message: "A file of the upload disappeared from the store during the deployment.",
		hint: "Deploy again.",
		exit: EXIT.conflict,
	});
}
