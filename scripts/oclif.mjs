// What the bundle takes for `@oclif/core`: the parts that commands use. The package's own index also loads a
// semver parser, to check Node's version at each start, which costs more than reading a vault.
export * as Args from "@oclif/core/args";
export { Command } from "@oclif/core/command";
export { Config } from "@oclif/core/config";
export * as Errors from "@oclif/core/errors";
export * as Flags from "@oclif/core/flags";
export { run } from "@oclif/core/run";
export { settings } from "@oclif/core/settings";
