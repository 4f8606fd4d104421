import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that each need their own process. All others share processes, which saves their start and the loading
 * of modules.
 */
const ISOLATED = [
	// Replaces modules by spies.
	"test/cli/edits/verify-once.test.ts",
	// The keychain's native library keeps its connection to the first bus that it finds.
	"test/identity/**/*.test.ts",
	// These derive keys from passphrases. That takes 256 MiB, which the process then keeps.
	"test/stories/members/identity-export.test.ts",
	"test/stories/platform/platform-identity.test.ts",
	// Starts git thousands of times. A fork takes longer if the process has more memory.
	"test/torture/vault/undo.test.ts",
	// Counts the files that its own process holds open.
	"test/platform/runtime/storage/disk-usage.test.ts",
];

/**
 * The files that take longest. They begin first, so that no single one runs alone at the end. Vitest would
 * begin with the files that are largest in bytes, but the file of a torture has few lines.
 */
const LONG = [
	"test/stories/targets/base44-cli.test.ts",
	"test/examples/shop.test.ts",
	"test/platform/build/hostile/hostile.test.ts",
	"test/stories/functions/dry-run.test.ts",
	"test/stories/members/members.test.ts",
	"test/stories/platform/platform-identity.test.ts",
	"test/scripts/build.test.ts",
	"test/platform/nodes/faults.test.ts",
	"test/stories/functions/large-files.test.ts",
	"test/platform/gateway/http-server/differential.test.ts",
	"test/stories/terminal/watch.test.ts",
	"test/platform/next-tenant.test.ts",
	"test/stories/terminal/canary.test.ts",
	"test/stories/git/git-hook.test.ts",
	"test/stories/members/members-several.test.ts",
	"test/platform/store/etcd/etcd.test.ts",
	"test/platform/store/etcd/three-members.test.ts",
	"test/platform/data-plane/platform.test.ts",
	"test/project/git/gone-driver.test.ts",
	"test/torture/sync/sync.test.ts",
	"test/torture/platform/hostile-functions.test.ts",
	"test/references/direct/direct.test.ts",
	"test/stories/secrets/secret-history.test.ts",
	"test/commands/platform/start.test.ts",
	"test/torture/sync/sync-members.test.ts",
	"test/stories/members/clock-skew.test.ts",
	"test/torture/platform/hostile-clients.test.ts",
	"test/torture/platform/nodes.test.ts",
	"test/platform/redeploy/bad-versions.test.ts",
	"test/console/browser/console.test.ts",
	"test/project/resolve.test.ts",
	"test/stories/terminal/completion.test.ts",
	"test/platform/egress/packet-filter-driver.test.ts",
	"test/console/browser/pages.test.ts",
	"test/stories/git/git-safety.test.ts",
	"test/stories/terminal/run.test.ts",
	"test/dotenv/dialects/answers.test.ts",
	"test/stories/git/git-undo.test.ts",
	"test/stories/git/resolve-git-states.test.ts",
	"test/stories/functions/function-logs.test.ts",
	"test/platform/egress/isolation.test.ts",
	"test/platform/nodes/logs.test.ts",
	"test/torture/sync/sync-git.test.ts",
	"test/platform/build/hostile/hostile-size.test.ts",
	"test/stories/functions/deployments.test.ts",
	"test/torture/references/references.test.ts",
	"test/stories/vault/many-writers.test.ts",
	"test/stories/members/identity-export.test.ts",
	"test/stories/vault/exit-seven.test.ts",
	"test/platform/build/node-env.test.ts",
	"test/stories/platform/platform-backup.test.ts",
	"test/stories/members/identity-rotate.test.ts",
	"test/stories/git/git-setup.test.ts",
	"test/project/vectors.test.ts",
	"test/stories/platform/platform-etcd.test.ts",
	"test/stories/platform/platform-nodes.test.ts",
	"test/platform/backup/etcd-restore.test.ts",
	"test/torture/vault/mutants.test.ts",
	"test/platform/build/sandbox.test.ts",
	"test/torture/vault/undo.test.ts",
	"test/platform/redeploy/stuck.test.ts",
	"test/stories/functions/references-local.test.ts",
	"test/stories/platform/platform-tls.test.ts",
	"test/platform/projects/projects.test.ts",
	"test/torture/platform/faults.test.ts",
	"test/torture/platform/platform-kills.test.ts",
	"test/architecture.test.ts",
	"test/stories/targets/base44-vault.test.ts",
	"test/platform/redeploy/references/first-request.test.ts",
	"test/platform/build/hostile/hostile-package.test.ts",
	"test/platform/build/check.test.ts",
	"test/torture/vault/writers.test.ts",
];

for (const path of [...ISOLATED, ...LONG]) {
	if (path.includes("*") || existsSync(fileURLToPath(new URL(path, import.meta.url)))) continue;
	throw new Error(`vitest.config.ts names ${path}, which does not exist. Write its new path there.`);
}

class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ moduleId }: TestSpecification) => {
			const index = LONG.findIndex((path) => moduleId.endsWith(path));
			return index === -1 ? LONG.length : index;
		};
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}

export default defineConfig({
	test: {
		sequence: { sequencer: LongestFirst },
		globalSetup: ["certificates", "temporary-files", "build-once"].map(
			(name) => `test/support/runner/${name}.ts`,
		),
		pool: "forks",
		// Imports CommonJS like Node. Otherwise Vitest puts each such module behind a proxy, which makes
		// every access slower.
		deps: { interopDefault: false },
		// Three for each core of the smallest machine, because most tests wait for processes that they have
		// started. With more, no core is idle, but tests that write much to etcd reach their time limits.
		maxWorkers: 6,
		setupFiles: ["test/support/runner/patient-waits.ts", "test/support/runner/forget-started.ts"],
		// Tests start real processes: Deno, the keychain's daemon, the built command line. The limit should
		// only end hanging tests, because a busy machine takes several times as long.
		testTimeout: 240_000,
		hookTimeout: 240_000,
		// All command lines that tests start share compiled code, although each has its own home.
		env: {
			NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/coffer-compiled", import.meta.url)),
		},
		retry: 0,
		allowOnly: false,
		passWithNoTests: false,
		projects: [
			{ extends: true, test: { name: "isolated", include: ISOLATED } },
			{
				extends: true,
				test: {
					name: "shared",
					include: ["test/**/*.test.ts"],
					exclude: ISOLATED,
					isolate: false,
					setupFiles: ["test/support/runner/left-behind.ts"],
				},
			},
		],
	},
});
