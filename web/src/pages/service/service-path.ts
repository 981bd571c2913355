export const servicePath = (organization: string) =>
  `/api/organizations/${encodeURIComponent(organization)}/service-requests` as const
