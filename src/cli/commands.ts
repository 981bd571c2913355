/** Every command of `mart`, in the order of its help. */
import type { Command } from './command-line.ts'
import { auditCommands } from './audit-commands.ts'
import { backupCommands } from './backup-commands.ts'
import { configCommands } from './config-commands.ts'
import { creditCommands } from './credit-commands.ts'
import { deploymentCommands } from './deployment-commands.ts'
import { keyCommands } from './key-commands.ts'
import { ledgerCommands } from './ledger-commands.ts'
import { organizationCommands } from './organization-commands.ts'
import { peopleCommands } from './people-commands.ts'
import { reportCommands } from './report-commands.ts'
import { serviceRequestCommands } from './service-request-commands.ts'
import { tokenCommands } from './token-commands.ts'

export const commands: readonly Command[] = [
  ...organizationCommands,
  ...keyCommands,
  ...creditCommands,
  ...reportCommands,
  ...deploymentCommands,
  ...ledgerCommands,
  ...auditCommands,
  ...backupCommands,
  ...serviceRequestCommands,
  ...tokenCommands,
  ...peopleCommands,
  ...configCommands,
]
