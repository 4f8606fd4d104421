import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { type Remarks, remarksOn } from "../../cli/deploy/after.ts";
import { type DryRun, dryRun, renderDryRun } from "../../cli/deploy/dry-run.ts";
import { renderAbsent, renderUnset } from "../../cli/deploy/unset.ts";
import { requireTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import { count, MARKS } from "../../cli/render.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { deployFunctions } from "../../sync/deploy.ts";

interface DeployResult extends Remarks {
	functions: readonly DeployedFunction[];
	pruned: readonly string[];
}

const SIGNS = { deployed: MARKS.ok, unchanged: MARKS.same, failed: MARKS.failed };

export default class FunctionsDeploy extends BaseCommand<DeployResult | DryRun> {
	static override summary = "Deploy the project's functions to the linked platform";
	static override description =
		"Functions are functions/NAME/{index,entry,main}.{ts,js}, or functions/NAME.{ts,js}; a nested folder's name is its path. Unchanged ones are not restarted. One that fails to build or to start leaves the version before it serving. Functions of the platform that the project does not have are named and stay, unless --prune deletes them; so are names that functions read and the vault lacks.\n\n--dry-run sends nothing: it says of each function whether it is new, changed or unchanged, which settings would change, what it reads, and what would fail as far as that can be told here.\n\nExits 0 when all is deployed (or would be), 1 when a function failed (or would), 2 for a fault of the command line or when no function can be deployed at all, 3 to 6 as every command.";
	static override examples = [
		"<%= config.bin %> functions deploy",
		"<%= config.bin %> functions deploy api/billing",
		"<%= config.bin %> functions deploy --prune",
		"<%= config.bin %> functions deploy --dry-run",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "functions to deploy; all by default" }),
	};
	static override flags = {
		environment: environmentFlag,
		"dry-run": Flags.boolean({ description: "say what would be done, and do nothing" }),
		prune: Flags.boolean({ description: "delete the app's functions that the project no longer has" }),
	};

	#environmentName = "";

	protected async execute(): Promise<DeployResult | DryRun> {
		const { argv, flags } = await this.parse(FunctionsDeploy);
		const names = argv.map(String);
		if (flags.prune && names.length > 0) {
			throw new AppError({
				code: "USAGE",
				message: "--prune goes with a deployment of all functions, not of named ones.",
				hint: "Leave the names out, or delete: coffer functions delete NAME.",
				exit: EXIT.usage,
			});
		}
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(
			context.root,
			flags.environment,
			"Use 'base44 functions deploy'; the secrets are there already ('coffer status').",
		);
		this.#environmentName = flags.environment;
		const place = { root: context.root, name: flags.environment, target };
		const { environment } = this;
		if (flags["dry-run"]) return await dryRun(place, { names, prune: flags.prune, environment });
		const onFunction = (result: DeployedFunction) => {
			if (!this.terminal.json) this.#show(result);
		};
		const outcome = await deployFunctions(context.root, target, { names, prune: flags.prune, onFunction });
		const remarks = await remarksOn(place, outcome.functions, { environment, isAll: names.length === 0 });
		return checked({ ...outcome, ...remarks });
	}

	#show(result: DeployedFunction): void {
		const { terminal } = this;
		terminal.line(`${SIGNS[result.status]} ${result.name}  ${result.status}  ${result.url}`);
		if (result.error !== undefined) terminal.block(result.error, "    ");
	}

	protected render(result: DeployResult | DryRun, terminal: Terminal): void {
		if ("dryRun" in result) {
			renderDryRun(result, this.#environmentName, terminal);
			return;
		}
		for (const name of result.pruned) terminal.line(`${MARKS.ok} ${name}  deleted`);
		const deployed = result.functions.filter(({ status }) => status === "deployed").length;
		const unchanged = result.functions.filter(({ status }) => status === "unchanged").length;
		terminal.line(
			`${deployed} deployed, ${unchanged} unchanged, ${result.functions.length - deployed - unchanged} failed`,
		);
		renderUnset(result.missing, this.#environmentName, terminal);
		renderAbsent(result.absent, this.#environmentName, terminal);
	}
}

/** @throws AppError `DEPLOY_FAILED` (exit 1) with the result as data, where a function failed */
function checked(result: DeployResult): DeployResult {
	const failed = result.functions.filter(({ status }) => status === "failed");
	if (failed.length === 0) return result;
	throw new AppError({
		code: "DEPLOY_FAILED",
		message: `${count(failed.length, "function")} of ${result.functions.length} failed: ${failed.map(({ name }) => name).join(", ")}.`,
		hint: "Mend it and deploy again; a version that served before goes on serving.",
		exit: EXIT.failure,
		data: result,
	});
}
