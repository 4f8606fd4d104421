/** `--expand`, for commands that pass values on. */
import { Flags } from "@oclif/core";

export const expandFlag = Flags.boolean({
	description: "replace ${NAME} in a value by the value of that secret",
});
