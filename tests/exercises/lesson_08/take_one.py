"""Answers to exercise 8.3: right ones in many styles, and some with two mistakes at once."""


def short_names(stack, prior, likelihood, posterior):
    code = stack.pop(prior)
    image = stack.pop(likelihood(code))
    stack.push(code, posterior(image))
    return image


def by_keyword(stack, prior, likelihood, posterior):
    z = stack.pop(distribution=prior)
    x = stack.pop(distribution=likelihood(z))
    stack.push(symbol=z, distribution=posterior(x))
    return x


def with_names_for_distributions(stack, prior, likelihood, posterior):
    z = stack.pop(prior)
    px = likelihood(z)
    x = stack.pop(px)
    qz = posterior(x)
    stack.push(z, qz)
    return x


def by_an_inner_function(stack, prior, likelihood, posterior):
    def give_back(z, x):
        stack.push(z, posterior(x))
        return x

    z = stack.pop(prior)
    return give_back(z, stack.pop(likelihood(z)))


def in_a_list(stack, prior, likelihood, posterior):
    popped = [stack.pop(prior)]
    popped.append(stack.pop(likelihood(popped[0])))
    stack.push(popped[0], posterior(popped[1]))
    return popped[1]


def nothing_back_and_z_returned(stack, prior, likelihood, posterior):
    z = stack.pop(prior)
    stack.pop(likelihood(z))
    return z


def all_pushed(stack, prior, likelihood, posterior):
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(x, likelihood(z))
    stack.push(z, prior)
    return z


RIGHT = [short_names, by_keyword, with_names_for_distributions, by_an_inner_function, in_a_list]
COMBINED = [nothing_back_and_z_returned, all_pushed]
