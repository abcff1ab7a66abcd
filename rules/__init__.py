"""What is forbidden and who is said to have done it: text in, findings out.

Nothing here knows of feeds, databases, clocks or the network; equal input gives an equal answer.
"""
