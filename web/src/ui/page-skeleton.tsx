import { SimpleGrid, Skeleton, Stack, VisuallyHidden } from '@mantine/core'

/** A page that is on its way: heights as pages have them, so that nothing jumps when it comes. */
export const PageSkeleton = () => (
  <Stack gap="lg" aria-busy="true">
    <VisuallyHidden>The page is loading</VisuallyHidden>
    <Skeleton height={29} width={180} />
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
      {['a', 'b', 'c', 'd'].map((key) => (
        <Skeleton key={key} height={112} radius="lg" />
      ))}
    </SimpleGrid>
    <Skeleton height={320} radius="lg" />
  </Stack>
)
