/** A set-up file of every test file: each one starts a command that it tests at least once as a process of its own. */
import { forgetStarted } from "../stories/support/started-commands.ts";

forgetStarted();
