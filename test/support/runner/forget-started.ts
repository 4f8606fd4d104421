/**
 * A set-up file of every test file. It makes the first call of each command in a test file start a new
 * process.
 */
import { forgetStarted } from "../../stories/support/started-commands.ts";

forgetStarted();
