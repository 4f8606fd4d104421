/** Deploys functions: checks an upload, builds its functions and starts them. Unchanged ones keep their process. */
import { AppError, EXIT } from "../../errors.ts";
import { workerPath } from "../../modules/files/worker-path.ts";
import { UPLOAD_BYTES_MAX } from "../../modules/limits.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { keptSources } from "../apps/kept-sources.ts";
import type { Builder, Bundle } from "../build/bundle.ts";
import { checkFailed } from "../build/check/check-process.ts";
import type { CheckedFunction } from "../build/check/checker.ts";
import { checkUpload, type Upload, type UploadedFile } from "../build/upload.ts";
import type { FunctionMaxima } from "../configuration/limits.ts";
import { describeError, type Log } from "../faults/log.ts";
import {
	type DeployedFile,
	type Deployment,
	deploymentId,
	type FunctionSource,
	isSame,
} from "../functions/function.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import type { Store } from "../store/store.ts";
import {
	areInterchangeable,
	type Declarations,
	mergeReferences,
	observedReferences,
	presentDeployment,
	recordDeclarations,
} from "./declarations.ts";

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
	/** `missing`: nothing was done, because the client must send these blobs first. */
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
	 * @throws AppError exit 2 if the upload is not allowed. Errors of a function are in its result.
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
			const said = {
				...prepared.declaration,
				sources: keptSources(source, prepared, hashOf),
				assets: prepared.assets.map((path) => [path, hashOf.get(path) ?? ""] as const),
			};
			const present = presentDeployment(functions, name);
			if (present?.source !== prepared.source) {
				return await this.#buildAndStart(functions, name, prepared, said);
			}
			const { declared, ...changed } = said;
			if (isSame(present.settings, said.settings) && isSame(present.assets, said.assets))
				return await recordDeclarations(functions, present, said);
			// The bundle is unchanged, and so are the variables that its code reads.
			const references = [...present.references.filter(({ how }) => how !== "declared"), ...declared];
			return await this.#start(functions, { ...present, ...changed, references });
		} catch (error) {
			if (error instanceof AppError)
				return { name, status: "failed", error: `${error.message} ${error.hint}` };
			this.#options.log.error({ function: name, ...describeError(error) }, "a deployment failed");
			return { name, status: "failed", error: "The deployment failed. The platform's log has the details." };
		}
	}

	/**
	 * Builds a function, and starts it unless a process of the same version runs. Waiting for a start can take much longer
	 * than a build. So no variable here refers to the bundle during the wait. Otherwise, with many functions, all bundles
	 * would be in memory at once.
	 */
	async #buildAndStart(
		functions: AppFunctions,
		name: string,
		prepared: CheckedFunction,
		said: Declarations,
	): Promise<Omit<DeployedFunction, "url">> {
		const changed = await this.#buildAndKeep(functions, name, prepared, said);
		const present = presentDeployment(functions, name);
		if (present?.bundle !== changed.bundle || !areInterchangeable(present, changed))
			return await this.#start(functions, changed);
		// The process keeps running. The next upload of the same sources is not built again.
		await functions.updateDeployment({ ...present, ...changed });
		const isScheduled = isSame(present.automations, said.automations);
		return { name, status: isScheduled ? "unchanged" : "deployed" };
	}

	/** Builds a function and stores the results. @returns the function's new version, without its id */
	async #buildAndKeep(
		functions: AppFunctions,
		name: string,
		prepared: CheckedFunction,
		{ declared, ...said }: Declarations,
	): Promise<Omit<Deployment, "id">> {
		const { builder, store } = this.#options;
		const workerBuilds = prepared.workers.map((entry) => ({ ...prepared, entry, isWorker: true }));
		const [built, ...workers] = await Promise.all(
			[prepared, ...workerBuilds].map((build) => builder.build(build)),
		);
		if (built === undefined) throw checkFailed();
		const { source } = prepared;
		const { lifetimeId: owner } = functions.app;
		const sourceMap = await store.putBlob(owner, built.sourceMap);
		const bundle = await store.putBlob(owner, built.code);
		const files = workers.map(
			({ code }, index) => [workerPath(prepared.workers[index] ?? ""), code] as const,
		);
		const packageFiles = await this.#keepFiles(owner, [
			...[built, ...workers].flatMap((one) => one.files),
			...files,
		]);
		const { dynamic, references: read } = mergeReferences([built, ...workers]);
		const found = [...read, ...declared];
		const references = [...found, ...observedReferences(functions, name, found)];
		return { function: name, bundle, ...said, source, sourceMap, references, dynamic, packageFiles };
	}

	/** Stores the files of packages that a bundle reads when it runs. */
	#keepFiles(owner: string, files: Bundle["files"]): Promise<DeployedFile[]> {
		const keep = async ([path, content]: (typeof files)[number]) =>
			[path, await this.#options.store.putBlob(owner, content)] as const;
		// Two bundles of a function may contain the same package.
		return Promise.all([...new Map(files)].map(keep));
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
